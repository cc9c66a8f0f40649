import { createServer } from 'node:http'
import { serveParent } from './parent.ts'

let spans = 0

/** Takes OTLP requests and counts the spans in them. */
const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    text += chunk
  })
  request.on('end', () => {
    spans += text.split('"spanId"').length - 1
    response.end('{}')
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
serveParent(typeof address === 'object' && address !== null ? address.port : 0, () => spans)
