import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { decodeJwt } from 'jose'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import { createChanges } from '../subgraphs/changes.ts'
import { createUpstream } from '../subgraphs/upstream.ts'

const unavailable = {
  message: 'prices does not answer',
  extensions: { code: 'SERVICE_UNAVAILABLE', service: 'prices' },
}

type Message = {
  readonly type: string
  readonly id?: string
  readonly payload?: {
    readonly variables: { readonly after?: number }
    readonly extensions: { readonly identity: string }
  }
}
type Speak = (socket: WebSocket, message: Message) => void

/** An upstream on a subgraph that speaks as it is told to; `connections` counts the sockets it has taken. */
const startUpstream = async (speak: Speak, { handshake = true, resumeWithinMs = 30_000 } = {}) => {
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  let connections = 0
  let takesSockets = true
  http.on('upgrade', (request, socket, head) => {
    connections += 1
    if (!takesSockets) return void socket.destroy()
    if (handshake) {
      sockets.handleUpgrade(request, socket, head, opened => {
        opened.on('message', data => speak(opened, JSON.parse(String(data))))
      })
    }
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { keys } = await createIdentityKeys(['gateway'])
  const upstream = createUpstream(
    {
      service: 'prices',
      url: `http://127.0.0.1:${port}/graphql`,
      timeoutMs: 200,
      signer: createIdentitySigner('gateway', identityKey.parse(keys.gateway)),
      changes: createChanges(),
      logger: createLogger('gateway', 'silent'),
    },
    { resumeWithinMs },
  )
  onTestFinished(async () => {
    await upstream.stop()
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
    http.close()
  })
  return {
    /** Subscribes; with a `cursorOf`, the subscription goes on after the last event's cursor. */
    subscribe: ({
      viewer = (): Viewer | undefined => ({ kind: 'anonymous' }),
      cursorOf = (_: SubgraphAnswer): unknown => undefined,
    } = {}) => {
      const ticks: unknown[] = []
      let cursor: unknown
      const { promise: ended, resolve: end } = Promise.withResolvers<Error | undefined>()
      const started = upstream.subscribe({
        first: { query: 'subscription { tick }', variables: {} },
        resume: () =>
          cursor === undefined ? undefined : { query: 'subscription { tick }', variables: { after: cursor } },
        viewer,
        next: event => {
          cursor = cursorOf(event) ?? cursor
          ticks.push(event.data?.tick)
        },
        end,
      })
      return { ticks, ended, leave: () => started.stop() }
    },
    stop: upstream.stop,
    connections: () => connections,
    breakSockets: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
    takeSockets: (takes: boolean) => {
      takesSockets = takes
    },
  }
}

const send = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message))
const acknowledge = (socket: WebSocket) => send(socket, { type: 'connection_ack' })
const tick = (id: string | undefined, n: number) => ({ id, type: 'next', payload: { data: { tick: n } } })
const byTick = { cursorOf: (event: SubgraphAnswer) => event.data?.tick }

/** A subgraph that has the ticks up to `last`, and sends those after the cursor. */
const createTicks = () => {
  const identities: unknown[] = []
  const told = new Map<WebSocket, { readonly id: string | undefined; sent: number }[]>()
  let last = 0
  const catchUp = () => {
    for (const [socket, subscriptions] of told)
      for (const each of subscriptions)
        while (each.sent < last && socket.readyState === socket.OPEN) {
          each.sent += 1
          send(socket, tick(each.id, each.sent))
        }
  }
  return {
    identities,
    subscribers: () =>
      [...told].flatMap(([socket, each]) => (socket.readyState === socket.OPEN ? each : [])).length,
    speak: (socket: WebSocket, { type, id, payload }: Message) => {
      if (type === 'connection_init') return acknowledge(socket)
      if (type === 'complete')
        return void told.set(socket, told.get(socket)?.filter(each => each.id !== id) ?? [])
      if (type !== 'subscribe') return
      identities.push(decodeJwt(payload?.extensions.identity ?? '').sub)
      told.set(socket, [...(told.get(socket) ?? []), { id, sent: payload?.variables.after ?? last }])
      catchUp()
    },
    advance: (by: number) => {
      last += by
      catchUp()
    },
  }
}

it('gives up on a subgraph that never completes the handshake', async () => {
  const { subscribe } = await startUpstream(() => undefined, { handshake: false })
  expect(await subscribe().ended).toMatchObject(unavailable)
})

it('gives up on a subgraph that never acknowledges the connection', async () => {
  const { subscribe } = await startUpstream(() => undefined)
  expect(await subscribe().ended).toMatchObject(unavailable)
})

it('keeps a connection on which events come although no pong does, and cuts off one that is silent', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let pings = 0
  let sendTick: ((n: number) => void) | undefined
  const { subscribe } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') acknowledge(socket)
    if (type === 'subscribe') sendTick = n => send(socket, tick(id, n))
    if (type === 'ping') pings += 1
  })
  const until = async (condition: () => boolean) => {
    while (!condition()) await setImmediate()
  }
  const { ticks, ended } = subscribe()
  await until(() => sendTick !== undefined)
  vi.advanceTimersByTime(10_000)
  await until(() => pings === 1)
  for (const n of [1, 2]) {
    sendTick?.(n)
    await until(() => ticks.length === n)
    vi.advanceTimersByTime(5_000)
  }
  expect(ticks).toEqual([1, 2])
  vi.advanceTimersByTime(5_000)
  expect(await ended).toMatchObject(unavailable)
})

it('starts nothing again that can not go on, even when the subgraph closes in good order', async () => {
  const { subscribe, connections } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return acknowledge(socket)
    send(socket, tick(id, 1))
    socket.close(1000)
  })
  const { ticks, ended } = subscribe()
  expect(await ended).toMatchObject(unavailable)
  expect([ticks, connections()]).toEqual([[1], 1])
  const again = subscribe()
  await again.ended
  expect([again.ticks, connections()]).toEqual([[1], 2])
})

it('fails only the subscription whose message is no event', async () => {
  const { subscribe } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return acknowledge(socket)
    if (type === 'subscribe') send(socket, { id, type: 'next', payload: { data: 'nonsense' } })
  })
  expect(await subscribe(byTick).ended).toMatchObject(unavailable)
})

it('ends with the error with which the subgraph ends the operation, after the events before it', async () => {
  const { subscribe } = await startUpstream((socket, { type, id }) => {
    if (type === 'connection_init') return acknowledge(socket)
    send(socket, tick(id, 1))
    const error = { message: 'No', extensions: { code: 'CURSOR_EXPIRED', secret: 1 } }
    send(socket, { id, type: 'error', payload: [error] })
  })
  const { ticks, ended } = subscribe(byTick)
  expect(await ended).toMatchObject({
    message: 'No',
    extensions: { code: 'CURSOR_EXPIRED', service: 'prices' },
  })
  expect(ticks).toEqual([1])
})

it('goes on after the last event when the connection breaks, with none lost and none doubled', async () => {
  const log = createTicks()
  const { subscribe, breakSockets, connections } = await startUpstream(log.speak)
  const subscriptions = Array.from({ length: 20 }, () => subscribe(byTick))
  await vi.waitFor(() => expect(log.subscribers()).toBe(20))
  log.advance(1)
  await vi.waitFor(() => expect(subscriptions.every(({ ticks }) => ticks.length === 1)).toBe(true))
  for (const round of [1, 2, 3]) {
    log.advance(2)
    breakSockets()
    log.advance(3)
    await vi.waitFor(() => expect(log.subscribers()).toBe(20))
    log.advance(1)
    const all = Array.from({ length: 1 + 6 * round }, (_, index) => index + 1)
    await vi.waitFor(() =>
      expect(subscriptions.map(({ ticks }) => ticks)).toEqual(subscriptions.map(() => all)),
    )
  }
  expect(connections()).toBe(4)
})

it('keeps trying while the subgraph takes no connection, and resumes all when it does', async () => {
  const log = createTicks()
  const { subscribe, breakSockets, takeSockets, connections } = await startUpstream(log.speak)
  const { ticks } = subscribe(byTick)
  await vi.waitFor(() => expect(log.subscribers()).toBe(1))
  log.advance(1)
  await vi.waitFor(() => expect(ticks).toEqual([1]))
  takeSockets(false)
  breakSockets()
  await vi.waitFor(() => expect(connections()).toBeGreaterThanOrEqual(4))
  log.advance(2)
  expect(await subscribe(byTick).ended).toMatchObject(unavailable)
  takeSockets(true)
  await vi.waitFor(() => expect(ticks).toEqual([1, 2, 3]))
})

it('gives up when the subgraph stays away, also if it takes connections only to close them', async () => {
  for (const takes of [true, false]) {
    const log = createTicks()
    let isBroken = false
    const upstream = await startUpstream(
      (socket, message) => {
        log.speak(socket, message)
        if (isBroken) socket.close(1001)
      },
      { resumeWithinMs: 300 },
    )
    const { ticks, ended } = upstream.subscribe(byTick)
    await vi.waitFor(() => expect(log.subscribers()).toBe(1))
    log.advance(1)
    await vi.waitFor(() => expect(ticks).toEqual([1]))
    isBroken = true
    upstream.takeSockets(takes)
    upstream.breakSockets()
    expect(await ended).toMatchObject(unavailable)
    expect(upstream.connections()).toBeGreaterThan(1)
  }
})

it('resumes for the viewer of then, and not at all for one whose session is over', async () => {
  const log = createTicks()
  const { subscribe, breakSockets } = await startUpstream(log.speak)
  const user = (id: string): Viewer => ({ kind: 'user', id, scopes: [], sessionId: 's' })
  const viewers: Record<string, Viewer | undefined> = { first: user('ada'), second: user('bob') }
  const going = subscribe({ ...byTick, viewer: () => viewers.first })
  const over = subscribe({ ...byTick, viewer: () => viewers.second })
  await vi.waitFor(() => expect(log.subscribers()).toBe(2))
  log.advance(1)
  await vi.waitFor(() => expect([going.ticks, over.ticks]).toEqual([[1], [1]]))
  viewers.first = user('ada again')
  viewers.second = undefined
  breakSockets()
  expect(await over.ended).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } })
  await vi.waitFor(() => expect(log.identities).toEqual(['ada', 'bob', 'ada again']))
  log.advance(1)
  await vi.waitFor(() => expect([going.ticks, over.ticks]).toEqual([[1, 2], [1]]))
})

it('resumes nothing that was ended while the connection was away', async () => {
  const log = createTicks()
  const { subscribe, breakSockets } = await startUpstream(log.speak)
  const [left, stays] = [subscribe(byTick), subscribe(byTick)]
  await vi.waitFor(() => expect(log.subscribers()).toBe(2))
  log.advance(1)
  await vi.waitFor(() => expect([left.ticks, stays.ticks]).toEqual([[1], [1]]))
  breakSockets()
  left.leave()
  log.advance(1)
  await vi.waitFor(() => expect(stays.ticks).toEqual([1, 2]))
  expect([log.subscribers(), left.ticks]).toEqual([1, [1]])
})

it('opens no connection once it has stopped, and ends nothing before its beginning has returned', async () => {
  const { subscribe, stop, connections } = await startUpstream(() => undefined)
  await stop()
  const { ended } = subscribe()
  const over = subscribe({ viewer: () => undefined })
  const first = await Promise.race([over.ended, 'returned'])
  expect(first).toBe('returned')
  expect(await ended).toMatchObject(unavailable)
  expect(await over.ended).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } })
  expect(connections()).toBe(0)
})
