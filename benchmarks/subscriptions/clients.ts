import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { inParallel } from '../../testbed/waiting.ts'
import { serveParent } from '../gateway/parent.ts'
import { openSocket, openStream } from './connection.ts'
import { nowMicroseconds } from './events.ts'
import { subscription } from './graph.ts'

const opensAtOnce = 50
const probeEveryMs = 200
const probes = 150
const roundWithinMs = 30_000

const order = z.union([
  z.object({
    open: z.number(),
    transport: z.enum(['WebSocket', 'SSE']),
    url: z.string(),
    topics: z.enum(['one', 'own']),
  }),
  z.object({ measureSeconds: z.number(), publishUrl: z.string() }),
])

/** What clients received: how long events took, in microseconds, and how many there were in how many seconds. */
export type Received = {
  readonly latencies: Float64Array
  readonly events: number
  readonly seconds: number
}

let clients = 0
/** What was received of the event under way. */
let latencies: number[] = []
let whenAll = (): void => undefined

const receive = (at: number): void => {
  latencies.push(nowMicroseconds() - at)
  if (latencies.length === clients) whenAll()
}

const open = async ({
  open: count,
  transport,
  url,
  topics,
}: Extract<z.output<typeof order>, { open: number }>) => {
  const first = clients
  const openOne = transport === 'SSE' ? openStream : openSocket
  await inParallel(count - first, opensAtOnce, async index => {
    const topic = topics === 'one' ? 'all' : `${first + index}`
    await openOne(new URL(url), JSON.stringify({ query: subscription, variables: { topic } }), receive)
  })
  clients = count
  return clients
}

/** Publishes an event, and waits until every client has it; false if that does not come to pass in time. */
const round = async (publishUrl: string, withinMs: number): Promise<boolean> => {
  latencies = []
  const all = new Promise<true>(resolve => {
    whenAll = () => resolve(true)
  })
  await (await fetch(publishUrl, { method: 'POST' })).arrayBuffer()
  return Promise.race([all, pause(withinMs, false)])
}

const measure = async (publishUrl: string, seconds: number): Promise<Received> => {
  // n.b. the last ones may be subscribed a moment after they were opened
  let probe = 0
  while (!(await round(publishUrl, probeEveryMs + clients))) {
    probe += 1
    if (probe > probes) throw new Error(`only ${latencies.length} of ${clients} clients get events`)
  }
  const collected: number[] = []
  let events = 0
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1_000
  while (elapsed() < seconds) {
    if (!(await round(publishUrl, roundWithinMs)))
      throw new Error(`only ${latencies.length} of ${clients} clients received an event`)
    for (const latency of latencies) collected.push(latency)
    events += 1
  }
  return { latencies: Float64Array.from(collected), events, seconds: elapsed() }
}

serveParent({}, async question => {
  const asked = order.parse(question)
  return 'open' in asked ? open(asked) : measure(asked.publishUrl, asked.measureSeconds)
})
