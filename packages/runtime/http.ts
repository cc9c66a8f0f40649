import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Running } from './lifecycle.ts'

/** The port is in use, or may not be used; `setting` is what names it. */
export class ListenError extends Error {
  constructor(host: string, port: number, cause: NodeJS.ErrnoException, setting = 'PORT') {
    const what =
      cause.code === 'EADDRINUSE'
        ? `port ${port} on ${host} is taken: stop what listens there, or set ${setting} to another`
        : `can't listen on ${host}:${port} (${cause.code}): set HOST and ${setting} to an address of this machine`
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

const graceMs = 2_000

/** Starts an HTTP server; `stop` takes no new requests, gives those in flight 2 s, then closes. */
export const startHttp = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  {
    host,
    port,
    portSetting,
  }: { readonly host: string; readonly port: number; readonly portSetting?: string },
): Promise<Running & { readonly server: Server; readonly port: number }> => {
  const busy = new Set<Socket>()
  const idle = new Set<Socket>()
  let isStopping = false
  const rest = (socket: Socket) => {
    busy.delete(socket)
    if (isStopping) socket.destroy()
    else idle.add(socket)
  }
  const server = createServer((request, response) => {
    const { socket } = request
    idle.delete(socket)
    busy.add(socket)
    response.once('close', () => rest(socket))
    handle(request, response)
  })
  server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      busy.delete(socket)
    })
  })
  // n.b. an upgraded socket is closed by its new owner
  server.on('upgrade', ({ socket }: IncomingMessage) => idle.delete(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error, portSetting)),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    server,
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: () =>
      new Promise(resolve => {
        isStopping = true
        // n.b. a connection that never sent a request counts as idle here, and not for closeIdleConnections()
        for (const socket of idle) socket.destroy()
        const timer = setTimeout(() => {
          for (const socket of busy) socket.destroy()
        }, graceMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

/** The origin of an address, with the brackets that IPv6 needs. */
export const originOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/** Reads a JSON body; throws BadRequest 413 past `maxBodyBytes`, 400 if it is no JSON. Undefined if there is no body. */
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

/** A GraphQL response that holds nothing but one error. */
export const sendGraphQLError = (
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void => sendJson(response, status, { errors: [{ message, extensions: { code } }] })
