import { setTimeout as pause } from 'node:timers/promises'
import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Agent, request } from 'undici'
import { WebSocket } from 'ws'
import type { HostileDocument } from './documents.ts'
import type { Payload } from './payload.ts'

/** What came back. */
export type Answer = {
  readonly bytes: number
  /** The status, the close code or the last message's type. */
  readonly outcome: string
  /** The server's own fault, in its words: no document may bring that about. */
  readonly fault: string | undefined
}

/** Sends documents to one gateway, each socket's on a socket of its own. */
export type Attacker = Running & { readonly send: (document: HostileDocument) => Promise<Answer> }

const patienceMs = 60_000
// n.b. A subscription does not end by itself, and some messages have no answer.
const quietMs = 150
// n.b. a connection on which no request comes for 15 s is closed, and an attacker of low priority may get no time for longer
const stalledMs = 10_000

export const createAttacker = (url: string, customerToken: () => Promise<string>): Attacker => {
  const dispatcher = new Agent({ connections: null, headersTimeout: patienceMs, bodyTimeout: patienceMs })
  return {
    send: async ({ payload, as, over }) => {
      try {
        const token = as === 'customer' ? await customerToken() : undefined
        if (over === 'socket') return await talk(url.replace(/^http/, 'ws'), payload, token)
        const ask = () => post(url, payload, token, dispatcher)
        const begunAtMs = performance.now()
        return await ask().catch(error =>
          isClosed(error) && performance.now() - begunAtMs > stalledMs ? ask() : Promise.reject(error),
        )
      } catch (error) {
        return { bytes: 0, outcome: 'no answer', fault: messageOf(error) }
      }
    },
    stop: () => dispatcher.destroy(),
  }
}

const isClosed = (error: unknown): boolean => /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(codeOf(error))

const post = async (
  url: string,
  payload: Payload,
  token: string | undefined,
  dispatcher: Agent,
): Promise<Answer> => {
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: payload.kind === 'operation' ? payload.json : payload.kind === 'body' ? payload.body : '',
    dispatcher,
  })
  const text = await body.text()
  return {
    bytes: Buffer.byteLength(text),
    outcome: `${statusCode} ${codeIn(text)}`.trimEnd(),
    fault: statusCode >= 500 ? `${statusCode} ${text.slice(0, 300)}` : faultIn(text),
  }
}

const talk = async (url: string, payload: Payload, token: string | undefined): Promise<Answer> => {
  const { messages, isAcknowledged } = conversationOf(payload)
  const socket = new WebSocket(url, 'graphql-transport-ws', { maxPayload: 0 })
  const received: string[] = []
  let lastAtMs = 0
  let closeCode: number | undefined
  socket.on('message', data => {
    lastAtMs = Date.now()
    received.push(String(data))
  })
  // n.b. A connection that breaks says so twice, and the second time ends the wait.
  socket.on('error', () => {})
  socket.on('close', code => {
    closeCode = code
  })
  const wait = async (isOver: () => boolean): Promise<void> => {
    while (closeCode === undefined && !isOver()) await pause(2)
  }
  await wait(() => socket.readyState === WebSocket.OPEN)
  if (isAcknowledged) {
    const authorization = token && `Bearer ${token}`
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }))
    await wait(() => received.length > 0)
  }
  for (const message of messages) socket.send(message)
  const expected = messages.filter(isAnswered).length
  const waitMs = expected === 0 || messages.some(endsSilently) ? quietMs : patienceMs
  lastAtMs = Date.now()
  await wait(
    () => (expected > 0 && received.filter(isLast).length >= expected) || Date.now() - lastAtMs > waitMs,
  )
  socket.terminate()
  const text = received.join('\n')
  return {
    bytes: Buffer.byteLength(text),
    outcome: closeCode === undefined ? `messages ${codeIn(text)}`.trimEnd() : `closed ${closeCode}`,
    fault: closeCode === 1011 || closeCode === 4500 ? `closed ${closeCode}` : faultIn(text),
  }
}

const conversationOf = (payload: Payload) => {
  if (payload.kind === 'messages') return payload
  const operation = payload.kind === 'operation' ? payload.json : '{}'
  return { messages: [`{"id":"1","type":"subscribe","payload":${operation}}`], isAcknowledged: true }
}

const isAnswered = (message: string): boolean => /"type":"(subscribe|ping)"/.test(message)

const endsSilently = (message: string): boolean => /"query":"subscription|"type":"complete"/.test(message)

const isLast = (message: string): boolean => /^\{[^{]*"type":"(complete|error|pong)"/.test(message)

const codeIn = (text: string): string => /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? ''

const faultIn = (text: string): string | undefined => {
  const at = text.indexOf('INTERNAL_SERVER_ERROR')
  return at < 0 ? undefined : text.slice(Math.max(at - 300, 0), at + 50)
}
