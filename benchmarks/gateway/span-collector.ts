import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { readTracesData } from '@supergraph/telemetry/otlp-reader.ts'
import { serveParent } from './parent.ts'

let spans = 0

/** Takes OTLP requests and counts the spans in them. */
const server = createServer(async (request, response) => {
  for (const { scopeSpans } of readTracesData(await buffer(request)).resourceSpans)
    for (const scope of scopeSpans) spans += scope.spans.length
  response.end()
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
serveParent(typeof address === 'object' && address !== null ? address.port : 0, () => spans)
