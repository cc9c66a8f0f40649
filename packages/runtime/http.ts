import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Running } from './lifecycle.ts'

/** The port is in use, or may not be used. */
export class ListenError extends Error {
  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const what =
      cause.code === 'EADDRINUSE'
        ? `port ${port} on ${host} is taken: stop what listens there, or set PORT to another`
        : `can't listen on ${host}:${port} (${cause.code}): set HOST and PORT to an address of this machine`
    super(what, { cause })
    this.name = 'ListenError'
  }
}

/** A request that is refused before it is read whole; `status` is the HTTP status. */
export class BadRequest extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Starts an HTTP server; `stop` takes no new requests, gives those in flight 5 s, then closes. */
export const startHttp = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Running & { readonly server: Server; readonly port: number }> => {
  const server = createServer(handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenError(host, port, error)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    server,
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: () =>
      new Promise(resolve => {
        const timer = setTimeout(() => server.closeAllConnections(), 5_000)
        // n.b. close() ends the connections that idle now, not those that idle once they have their answer
        const idle = setInterval(() => server.closeIdleConnections(), 50)
        server.close(() => {
          clearTimeout(timer)
          clearInterval(idle)
          resolve()
        })
      }),
  }
}

/** Reads a JSON body; BadRequest 413 past `maxBodyBytes`, 400 where it is no JSON. Undefined where there is no body. */
export const readJson = async (request: IncomingMessage, maxBodyBytes: number): Promise<unknown> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new BadRequest(413, `The body is larger than ${maxBodyBytes} bytes.`)
    chunks.push(chunk)
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new BadRequest(400, 'The body is not JSON.')
  }
}

/** Answers with JSON. */
export const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

/** A GraphQL answer that holds one error alone. */
export const sendGraphQLError = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void => sendJson(response, status, { errors: [{ message, extensions: { code } }] })
