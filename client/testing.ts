import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

type Values = Readonly<Record<string, unknown>>
type Message = { readonly type: string; readonly id?: string; readonly payload?: Values }
type NextRefusal = { readonly code: string; readonly message?: string }
type Greet = (payload: Values) => number | undefined | Promise<undefined>
export type Call = {
  readonly query: string
  readonly variables: Values
  readonly authorization: string | undefined
}
/** Gives the answer to an operation; undefined cuts the connection, so that the answer is lost. */
export type Answerer = (call: Call) => object | undefined | Promise<object | undefined>

/** A gateway for tests: it answers as it is told, streams a log of numbers from any position, and breaks on demand. */
export const startTestGateway = async () => {
  const log: number[] = []
  const sockets = new Map<WebSocket, Set<string>>()
  const frozen = new Set<WebSocket>()
  const received: Message[] = []
  let refusals: NextRefusal[] = []
  let answer: Answerer = () => ({ data: null })
  let greet: Greet = () => undefined
  /** Answers by server-sent events that are under way. */
  const streams = new Set<ServerResponse>()
  let takesSockets = true

  const sendEvent = (stream: ServerResponse, data: object): void =>
    void stream.write(`event: next\ndata: ${JSON.stringify(data)}\n\n`)
  const openStream = (response: ServerResponse, { query, variables, authorization }: Call): void => {
    received.push({ type: 'stream', payload: { query, variables, authorization } })
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n')
    streams.add(response)
    response.once('close', () => streams.delete(response))
    for (const number of log.filter(one => one > Number(variables.after)))
      sendEvent(response, { data: { tick: { number } } })
  }

  const server = createServer((request, response) => {
    bodyOf(request).then(async body => {
      const call = { ...JSON.parse(body), authorization: request.headers.authorization }
      if (request.headers.accept === 'text/event-stream') return openStream(response, call)
      const given = await answer(call)
      if (given === undefined) request.socket.destroy()
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(given))
    })
  })
  const webSockets = new WebSocketServer({ server, verifyClient: () => takesSockets })
  const send = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message))
  const tick = (socket: WebSocket, id: string, number: number): void =>
    send(socket, { type: 'next', id, payload: { data: { tick: { number } } } })

  const fail = (socket: WebSocket, id: string, { code, message = code }: NextRefusal): void =>
    send(socket, { type: 'error', id, payload: [{ message, extensions: { code } }] })

  const handle = (socket: WebSocket, { type, id = '', payload = {} }: Message): void => {
    const running = sockets.get(socket)
    if (type === 'connection_init') {
      Promise.resolve(greet(payload)).then(code =>
        code === undefined ? send(socket, { type: 'connection_ack' }) : socket.close(code),
      )
    }
    if (type === 'ping')
      send(socket, {
        type: 'pong',
        payload: { expiresAt: new Date().toISOString() },
      })
    if (type === 'complete') running?.delete(id)
    if (type !== 'subscribe') return
    const refusal = refusals.shift()
    if (refusal !== undefined) {
      fail(socket, id, refusal)
      return
    }
    running?.add(id)
    const { variables = {} } = payload
    const after =
      typeof variables === 'object' && variables !== null && 'after' in variables && variables.after
    if (typeof after === 'number')
      for (const number of log.filter(one => one > after)) tick(socket, id, number)
  }
  webSockets.on('connection', socket => {
    sockets.set(socket, new Set())
    socket.on('close', () => sockets.delete(socket))
    socket.on('message', (data: RawData) => {
      const message = JSON.parse(String(data))
      received.push(message)
      if (!frozen.has(socket)) handle(socket, message)
    })
  })
  const each = (act: (socket: WebSocket, id: string) => void): void => {
    for (const [socket, ids] of sockets) for (const id of ids) act(socket, id)
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    received,
    messages: (type: string): readonly Message[] => received.filter(message => message.type === type),
    /** How many subscriptions are running. */
    subscriptions: (): number =>
      [...sockets.values()].reduce((count, ids) => count + ids.size, 0) + streams.size,
    /** How many of them are answers by server-sent events. */
    streams: (): number => streams.size,
    /** Lets no WebSocket through any more, as some networks do. */
    refuseSockets: (): void => {
      takesSockets = false
    },
    openSockets: (): number => sockets.size,
    /** Answers operations over HTTP like this from now on. */
    answers: (next: Answerer): void => {
      answer = next
    },
    /** Closes sockets at their connection_init with the code that this gives, or acknowledges them when it resolves. */
    greets: (next: Greet): void => {
      greet = next
    },
    /** Refuses the next subscriptions, one each. */
    refuses: (...next: NextRefusal[]): void => {
      refusals = next
    },
    /** Writes the next number to the log and sends it to everyone. */
    tick: (): void => {
      log.push(log.length + 1)
      each((socket, id) => tick(socket, id, log.length))
      for (const stream of streams) sendEvent(stream, { data: { tick: { number: log.length } } })
    },
    /** Sends this data to everyone. */
    send: (data: object): void => each((socket, id) => send(socket, { type: 'next', id, payload: { data } })),
    /** Sends the number once more. */
    repeat: (number: number): void => each((socket, id) => tick(socket, id, number)),
    /** Ends every subscription with this error. */
    fail: (code: string): void =>
      each((socket, id) => {
        sockets.get(socket)?.delete(id)
        fail(socket, id, { code })
      }),
    /** Ends every answer by server-sent events with this error. */
    failStreams: (code: string): void => {
      for (const stream of streams) {
        sendEvent(stream, { errors: [{ message: code, extensions: { code } }] })
        stream.end('event: complete\ndata:\n\n')
      }
    },
    /** Stops answering on the sockets that are open now, as when a network is gone. */
    freeze: (): void => {
      for (const socket of sockets.keys()) {
        frozen.add(socket)
        sockets.get(socket)?.clear()
      }
    },
    /** Cuts every connection. */
    cut: (): void => {
      for (const socket of sockets.keys()) socket.terminate()
      for (const stream of streams) stream.destroy()
    },
    /** Closes every socket with this code. */
    close: (code: number): void => {
      for (const socket of sockets.keys()) socket.close(code)
    },
    stop: async (): Promise<void> => {
      for (const socket of sockets.keys()) socket.terminate()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}
