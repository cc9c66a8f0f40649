import { startHttp } from '@supergraph/runtime/http.ts'
import { expect, it, onTestFinished } from 'vitest'
import { fetchSupergraph } from './fetch-supergraph.ts'

it.each([
  ['at once', 0, 100],
  ['in the past', -5, 100],
  ['in ten thousand years', 3e11, 3_600_000],
  ['in two seconds', 2, 2_000],
])('asks again after 0.1 s to an hour if the registry says %s', async (_title, minDelaySeconds, delayMs) => {
  const answer = { data: { routerConfig: { __typename: 'Unchanged', minDelaySeconds } } }
  const registry = await startHttp((_request, response) => void response.end(JSON.stringify(answer)), {
    host: '127.0.0.1',
    port: 0,
  })
  onTestFinished(registry.stop)
  const address = { url: `http://127.0.0.1:${registry.port}`, ref: 'shop@current', key: 'key' }
  expect(await fetchSupergraph(address, undefined, AbortSignal.timeout(5_000))).toEqual({
    kind: 'unchanged',
    delayMs,
  })
})
