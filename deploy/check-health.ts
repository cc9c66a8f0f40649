import { directFetch } from '@supergraph/runtime/direct-fetch.ts'

const [url] = process.argv.slice(2)
if (url === undefined) {
  console.error(
    'node deploy/check-health.ts URL exits with 0 when the URL answers 200 within 3 s, else with 1',
  )
  process.exit(1)
}
const healthy = await directFetch(url, { signal: AbortSignal.timeout(3_000) }).then(
  response => response.ok,
  (error: unknown) => {
    console.error(`${url} does not answer: ${error instanceof Error ? error.message : error}`)
    return false
  },
)
process.exit(healthy ? 0 : 1)
