import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { scopedBy } from '@supergraph/messaging/rabbitmq/topology.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { stopWithinMs } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import { Connection } from 'rabbitmq-client'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { receivers } from '../../queues.ts'
import { hasDatabase, type ServiceName, serviceNames, services } from '../../services.ts'
import type { ProcessSystem } from '../../testbed/system/system.ts'
import { waitUntil } from '../../testbed/waiting.ts'

/** For how long each process serves on. */
export const stopDelayMs = 2_500

/** A question that a process can only answer as long as it has what it works with. */
type Question = { readonly query: string; readonly answer: RegExp }

const ada: Viewer = {
  ...{ kind: 'user', id: crypto.randomUUID(), sessionId: crypto.randomUUID() },
  scopes: ['orders:read', 'orders:manage'],
}

const questions: { readonly [Name in ServiceName]?: Question } = {
  users: { query: '{ me { id } }', answer: /"me":null/ },
  products: { query: '{ products(first: 1) { edges { node { sku } } } }', answer: /"sku":"/ },
  orders: { query: '{ orders(first: 1) { edges { node { number } } } }', answer: /"number":"/ },
  notifications: {
    query: `{ _entities(representations: [{ __typename: "User", id: "${ada.id}" }]) { ... on User { unreadNotificationCount } } }`,
    answer: /"unreadNotificationCount":0/,
  },
  analytics: { query: '{ bestSellers(first: 1) { unitsSold } }', answer: /"bestSellers":\[/ },
  gateway: { query: '{ __typename }', answer: /"__typename":"Query"/ },
}

// n.b. what stands in for others' servers has no readiness of its own
const stopped = serviceNames.filter(name => services[name].kind !== 'stand-in')

/** Stops all processes at once, and checks for each in which order it does so. */
export const describeStopping = (system: () => ProcessSystem): void => {
  describe('a process that is told to stop', () => {
    it.concurrent.each(
      stopped,
    )('%s is not ready first, then takes nothing new, answers what is under way, and lets go of everything', async name => {
      await expectOrder(system(), name)
    })
  })
}

const expectOrder = async (system: ProcessSystem, name: ServiceName): Promise<void> => {
  const origin = system.originOf(name)
  const question = questions[name]
  const underWay = question && (await beginToAsk(system, name, question))
  const socket = name === 'gateway' ? await openSocket(system.urlOf(name)) : undefined
  const startedAtMs = performance.now()
  const passedMs = () => performance.now() - startedAtMs

  const ending = system.processes.terminate(name)
  await waitUntil(`${name} is not ready`, async () => {
    const response = await fetch(`${origin}/health/ready`)
    return response.status === 503 && (await response.text()).includes('stopping')
  })
  const served = await fetch(`${origin}/health/live`)
  expect([served.status, served.headers.get('connection')]).toEqual([200, 'close'])
  expect(socket?.code()).toBeUndefined()

  await waitUntil(`${name} takes nothing new`, async () => !(await takesConnections(origin)))
  expect(passedMs()).toBeGreaterThanOrEqual(stopDelayMs)
  // n.b. who takes nothing new still has its database
  if (underWay !== undefined) expect(await underWay()).toMatch(question?.answer ?? /^$/)

  expect(await ending).toBe(0)
  expect(passedMs()).toBeLessThan(stopDelayMs + stopWithinMs)
  if (socket !== undefined) expect(socket.code()).toBe(1001)
  if (hasDatabase(name)) expect(await sessionsAt(system.databaseUrls[name])).toEqual([])
  expect(await consumersOf(system, name)).toEqual([])
}

/** Sends all of a request but its last byte; what is returned sends that, and gives what is answered. */
const beginToAsk = async (
  system: ProcessSystem,
  name: ServiceName,
  { query }: Question,
): Promise<() => Promise<string>> => {
  const { hostname, port } = new URL(system.originOf(name))
  const token = name === 'gateway' ? undefined : await system.gateway.sign(name, ada)
  const body = JSON.stringify({ query })
  const head = [
    'POST /graphql HTTP/1.1',
    `host: ${hostname}:${port}`,
    'content-type: application/json',
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    `content-length: ${body.length}`,
  ].join('\r\n')
  const socket: Socket = connect(Number(port), hostname)
  socket.write(`${head}\r\n\r\n${body.slice(0, -1)}`)
  return async () => {
    socket.write(body.slice(-1))
    return text(socket)
  }
}

/** Opens a socket with a client that stays; gives the code with which it is closed. */
const openSocket = async (url: string): Promise<{ readonly code: () => number | undefined }> => {
  let code: number | undefined
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const acknowledged = new Promise<void>(resolve => socket.once('message', () => resolve()))
  socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init' })))
  socket.once('close', closed => {
    code = closed
  })
  await acknowledged
  return { code: () => code }
}

const takesConnections = (origin: string): Promise<boolean> =>
  new Promise(resolve => {
    const { hostname, port } = new URL(origin)
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** The sessions that others have at a database, by their names. */
const sessionsAt = async (connectionString: string): Promise<readonly string[]> => {
  const session = new Client({ connectionString, application_name: 'whoever looks' })
  await session.connect()
  const { rows } = await session.query<{ name: string }>(
    `select application_name as name from pg_stat_activity
     where datname = current_database() and application_name <> 'whoever looks' and backend_type = 'client backend'`,
  )
  await session.end()
  return rows.map(({ name }) => name)
}

/** The durable queues of a service that somebody consumes. */
const consumersOf = async (system: ProcessSystem, name: ServiceName): Promise<readonly string[]> => {
  const { RABBITMQ_URL: url = '', RABBITMQ_NAMESPACE: namespace } = system.settingsOf(name)
  const own = receivers.find(({ service }) => service === name)?.queues ?? []
  const connection = new Connection({ url, acquireTimeout: 10_000 })
  connection.on('error', () => {})
  try {
    const consumed: string[] = []
    for (const { queue } of own) {
      const { consumerCount } = await connection.queueDeclare({
        queue: scopedBy(namespace)(queue),
        passive: true,
      })
      if (consumerCount > 0) consumed.push(queue)
    }
    return consumed
  } finally {
    await connection.close()
  }
}
