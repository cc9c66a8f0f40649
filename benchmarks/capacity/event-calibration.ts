import { startConsumer } from '@supergraph/messaging/consumer.ts'
import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { benchQueue, type EventSystem, type Sockets, startEventSystem } from '../events/event-system.ts'
import { startLatency } from '../events/latency.ts'
import { measureMemory } from '../events/memory.ts'
import { measureThroughput } from '../events/throughput.ts'
import {
  benchEvent,
  createArrivals,
  measureBursts,
  medianCosts,
  medianOf,
  rounds,
  writeEvents,
} from './bursts.ts'
import { type BatchCost, type Costs, lessBatch, type Measured, offered } from './costs.ts'
import { type Meter, openMeter } from './meter.ts'

const warmUpEvents = 3_000
const throughputEvents = 10_000
const idleSockets = 10_000
// n.b. large enough for full batches, and for several events of each user at a time
const bursts = { small: { size: 1, times: 80 }, large: { size: 500, times: 8 } } as const
const silent = { info: () => {}, warn: () => {}, error: () => {} }

type EventFigures = {
  readonly costs: Pick<Costs, 'consume' | 'live' | 'socketBytes'>
  readonly measured: Pick<Measured, 'outboxToInbox' | 'deliveries'>
}

/** Measures what events cost on their way, and then how many arrive a second. */
export const measureEvents = async (
  brokerUrl: string,
  known: Pick<Costs, 'append' | 'relay'>,
): Promise<EventFigures> => {
  const system = await startEventSystem(brokerUrl)
  try {
    const meter = await openMeter(system.publisher.databaseUrl)
    await measureThroughput(system, warmUpEvents)
    const inboxes: { readonly costs: Costs['consume']; readonly perSecond: number }[] = []
    for (let round = 0; round < rounds; round += 1)
      inboxes.push({
        costs: await measureConsumer(system, meter, known),
        perSecond: await measureThroughput(system, throughputEvents),
      })
    const consume = medianCosts(
      inboxes.map(({ costs }) => costs),
      consumeNames,
    )
    const outboxToInbox = medianOf(inboxes.map(({ perSecond }) => perSecond))
    const sockets = await system.startSockets()
    const { live, deliveries } = await measureLive(system, sockets, meter, known).finally(sockets.stop)
    // n.b. These are new processes: the free memory of busy ones would hide what a socket costs.
    const fresh = await system.startSockets()
    const { bytes } = await measureMemory(fresh, [idleSockets]).finally(fresh.stop)
    const [socketBytes = { gateway: Number.NaN, worker: Number.NaN }] = bytes
    return { costs: { consume, live, socketBytes }, measured: { outboxToInbox, deliveries } }
  } finally {
    await system.stop()
  }
}

/** The cost of what comes after the relay. */
const beyondRelay = (
  name: 'here' | 'helpers' | 'database',
  all: BatchCost,
  known: Pick<Costs, 'append' | 'relay'>,
) => lessBatch(lessBatch(all, known.append[name]), known.relay[name])

const consumeNames = ['here', 'helpers', 'database', 'broker'] as const

const measureConsumer = async (
  system: EventSystem,
  meter: Meter,
  known: Pick<Costs, 'append' | 'relay'>,
): Promise<Costs['consume']> => {
  const { publisher, consumer, transport } = system
  const arrivals = createArrivals()
  const { stop } = await startAll(async use => {
    use(
      await startConsumer({
        database: consumer,
        transport,
        queue: benchQueue,
        events: [benchEvent],
        logger: silent,
        handle: async (_, events) => arrivals.come(events.length),
      }),
    )
    use(await startRelay({ ...publisher, transport, logger: silent }))
    return {}
  })
  const all = await measureBursts(meter, consumeNames, bursts, async events => {
    const arrived = arrivals.expect(events)
    await writeEvents(publisher.database, events)
    await arrived
  }).finally(stop)
  return {
    here: beyondRelay('here', all.here, known),
    helpers: beyondRelay('helpers', all.helpers, known),
    database: beyondRelay('database', all.database, known),
    broker: all.broker,
  }
}

const measureLive = async (
  system: EventSystem,
  sockets: Sockets,
  meter: Meter,
  known: Pick<Costs, 'append' | 'relay'>,
): Promise<{ readonly live: Costs['live']; readonly deliveries: number }> => {
  const latency = await startLatency(system, sockets)
  try {
    const meters = {
      ...meter,
      worker: () => meter.child('notifications/main.ts'),
      gateway: () => meter.child('gateway/main.ts'),
    }
    const names = ['here', 'worker', 'gateway', 'helpers', 'database', 'broker'] as const
    const samples: { readonly costs: Costs['live']; readonly perSecond: number }[] = []
    for (let round = 0; round < rounds; round += 1)
      samples.push({
        costs: await measureBursts(meters, names, bursts, async events => {
          await latency.measure(atOnce, events)
        }),
        perSecond: (await latency.measure(offered.perSecond, offered.events)).perSecond,
      })
    const all = medianCosts(
      samples.map(({ costs }) => costs),
      names,
    )
    return {
      live: {
        ...all,
        here: beyondRelay('here', all.here, known),
        helpers: beyondRelay('helpers', all.helpers, known),
        database: beyondRelay('database', all.database, known),
      },
      deliveries: medianOf(samples.map(({ perSecond }) => perSecond)),
    }
  } finally {
    await latency.stop()
  }
}

/** So many a second that all of them are due at the first moment. */
const atOnce = 1e9
