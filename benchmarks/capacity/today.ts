import { checkOut, createService, limits, type Shop, shareOfBurst } from './checkout-model.ts'
import {
  type BatchCost,
  type Costs,
  clientCounts,
  costOf,
  costWithin,
  type Measured,
  offered,
} from './costs.ts'
import { createCores, createThread } from './machine.ts'
import { type Activity, createBatches, createLog, createSimulation, createStation } from './simulation.ts'

const seed = 'capacity'
const warmUpMs = 5_000
const lastsMs = 40_000

/** What the simulation finds for everything that is measured, on one machine with so many cores. */
export const simulateToday = (costs: Costs, cores: number): Measured => ({
  checkouts: byClients(clients => simulateCheckouts(costs, cores, clients)),
  pages: byClients(clients => simulatePages(costs, cores, clients)),
  hotRow: simulateHotRow(costs, cores),
  outboxToInbox: simulateInbox(costs, cores),
  deliveries: simulateDeliveries(costs, cores),
})

const byClients = (simulate: (clients: number) => number): Readonly<Record<string, number>> =>
  Object.fromEntries(clientCounts.map(clients => [clients, simulate(clients)]))

/** How often clients that do nothing else get through a second. */
const perSecond = (
  simulation: ReturnType<typeof createSimulation>,
  clients: number,
  work: () => Activity,
): number => {
  let done = 0
  const client = function* (): Activity {
    for (;;) {
      yield* work()
      done += 1
    }
  }
  for (let index = 0; index < clients; index += 1) simulation.begin(client())
  simulation.run(warmUpMs)
  done = 0
  simulation.run(lastsMs)
  return (done * 1_000) / lastsMs
}

const simulateCheckouts = (costs: Costs, coreCount: number, clients: number): number => {
  const simulation = createSimulation(seed)
  const cores = createCores(simulation, coreCount)
  const client = createThread(simulation, cores)
  const database = { cores, log: createLog(simulation, costs.flushMs) }
  const [orders, products, payments] = [0, 1, 2].map(() =>
    createService(simulation, costs, { cores, database }),
  )
  if (orders === undefined || products === undefined) return Number.NaN
  const shop: Shop = {
    helpers: cores,
    orders: () => orders,
    products: () => products,
    payments: () => payments,
    callMs: 0,
    paymentMs: 0,
  }
  let underWay = 0
  return perSecond(simulation, clients, function* () {
    underWay += 1
    const share = shareOfBurst(costs, underWay)
    yield* client.run(share.checkout.client)
    yield* checkOut(simulation, share, shop)
    underWay -= 1
  })
}

/** Each process has two turns of its loop for a page that comes alone: one before it waits, and one after. */
const simulatePages = ({ page }: Costs, coreCount: number, clients: number): number => {
  const simulation = createSimulation(seed)
  const cores = createCores(simulation, coreCount)
  const threadOf = ({ perBatch }: BatchCost) => createThread(simulation, cores, { loopMs: perBatch / 2 })
  const [client, gateway, products] = [threadOf(page.client), threadOf(page.gateway), threadOf(page.products)]
  const connections = createStation(simulation, limits.pool)
  return perSecond(simulation, clients, function* () {
    yield* client.run(page.client.perEvent / 2)
    yield* gateway.run(page.gateway.perEvent / 2)
    simulation.begin(cores.run(page.helpers.perEvent))
    yield* products.run(page.products.perEvent / 2)
    yield* connections.take()
    yield* cores.run(simulation.around(costOf(page.database, 1)))
    connections.give()
    yield* products.run(page.products.perEvent / 2)
    yield* gateway.run(page.gateway.perEvent / 2)
    yield* client.run(page.client.perEvent / 2)
  })
}

/**
 * 16 clients that want nothing but the lock of one row. The whole statement counts as under the lock: to plan it comes
 * before, but whoever has waited has to wake up and to look at the row again.
 */
const simulateHotRow = ({ lock, flushMs }: Costs, coreCount: number): number => {
  const simulation = createSimulation(seed)
  const cores = createCores(simulation, coreCount)
  const client = createThread(simulation, cores)
  const log = createLog(simulation, flushMs)
  const connections = createStation(simulation, limits.pool)
  const row = createStation(simulation, 1)
  const statements = perSecond(simulation, 16, function* () {
    yield* connections.take()
    yield* client.run(lock.client)
    simulation.begin(cores.run(lock.helpers))
    yield* row.take()
    yield* cores.run(simulation.around(lock.database))
    yield* log.commit()
    row.give()
    connections.give()
  })
  return statements / 2
}

const inboxEvents = 10_000
const eventsPerTransaction = 100

/** One thread writes, relays and consumes, as the benchmark's does. */
const simulateInbox = (costs: Costs, coreCount: number): number => {
  const { append, consume, flushMs } = costs
  const simulation = createSimulation(seed)
  const cores = createCores(simulation, coreCount)
  const here = createThread(simulation, cores)
  const broker = createThread(simulation, cores)
  const log = createLog(simulation, flushMs)
  let endedAtMs = 0
  let handled = 0
  const inbox = createBatches<number>(
    simulation,
    { most: limits.consumerBatch, workers: limits.consumersAtOnce },
    function* (batch, isFirst) {
      simulation.begin(cores.run(costWithin(consume.helpers, batch.length, isFirst)))
      yield* here.run(costWithin(consume.here, batch.length, isFirst))
      yield* cores.run(costWithin(consume.database, batch.length, isFirst))
      yield* log.commit()
      handled += batch.length
      if (handled === inboxEvents) endedAtMs = simulation.nowMs()
    },
  )
  let isBrokerIdle = true
  const carry = function* (events: number): Activity {
    for (let left = events; left > 0; left -= limits.consumerBatch) {
      const part = Math.min(left, limits.consumerBatch)
      yield* broker.run(costWithin(consume.broker, part, isBrokerIdle))
      isBrokerIdle = false
      inbox.add(Array.from({ length: part }, () => 1))
    }
  }
  const { publish } = createService(simulation, costs, {
    thread: here,
    cores,
    database: { cores, log },
    carry,
  })
  const producer = function* (): Activity {
    for (let written = 0; written < inboxEvents; written += eventsPerTransaction) {
      simulation.begin(cores.run(costOf(append.helpers, eventsPerTransaction)))
      yield* here.run(costOf(append.here, eventsPerTransaction))
      yield* cores.run(costOf(append.database, eventsPerTransaction))
      yield* log.commit()
      publish(eventsPerTransaction)
    }
  }
  simulation.begin(producer())
  simulation.run(inboxEvents * 100)
  return (inboxEvents * 1_000) / endedAtMs
}

const tickMs = 10

/** One thread writes, relays and has the sockets; the worker and the gateway have a thread each. */
const simulateDeliveries = (costs: Costs, coreCount: number): number => {
  const { append, live, flushMs } = costs
  const simulation = createSimulation(seed)
  const cores = createCores(simulation, coreCount)
  const here = createThread(simulation, cores)
  const worker = createThread(simulation, cores)
  const gateway = createThread(simulation, cores)
  const broker = createThread(simulation, cores)
  const log = createLog(simulation, flushMs)
  let endedAtMs = 0
  let delivered = 0
  const sockets = createBatches<number>(
    simulation,
    { most: limits.consumerBatch, workers: 1 },
    function* (batch, isFirst) {
      yield* gateway.run(costWithin(live.gateway, batch.length, isFirst))
      simulation.begin(received(batch.length))
    },
  )
  const received = function* (events: number): Activity {
    yield* here.run(live.here.perEvent * events)
    delivered += events
    if (delivered === offered.events) endedAtMs = simulation.nowMs()
  }
  const notifications = createBatches<number>(
    simulation,
    { most: limits.consumerBatch, workers: limits.consumersAtOnce },
    function* (batch, isFirst) {
      simulation.begin(cores.run(costWithin(live.helpers, batch.length, isFirst)))
      yield* worker.run(costWithin(live.worker, batch.length, isFirst))
      yield* cores.run(costWithin(live.database, batch.length, isFirst))
      yield* log.commit()
      sockets.add(batch)
    },
  )
  let isBrokerIdle = true
  const carry = function* (events: number): Activity {
    for (let left = events; left > 0; left -= limits.consumerBatch) {
      const part = Math.min(left, limits.consumerBatch)
      yield* broker.run(costWithin(live.broker, part, isBrokerIdle))
      isBrokerIdle = false
      notifications.add(Array.from({ length: part }, () => 1))
    }
  }
  const { publish, connections } = createService(simulation, costs, {
    thread: here,
    cores,
    database: { cores, log },
    carry,
  })
  const commit = function* (events: number): Activity {
    yield* connections.take()
    yield* here.run(costOf(append.here, events))
    yield* cores.run(costOf(append.database, events))
    yield* log.commit()
    connections.give()
    publish(events)
  }
  const producer = function* (): Activity {
    for (let next = 0; next < offered.events; ) {
      const due = Math.min(offered.events, Math.floor((simulation.nowMs() / 1_000) * offered.perSecond) + 1)
      if (due > next) simulation.begin(commit(due - next))
      next = due
      yield* simulation.pause(tickMs)
    }
  }
  simulation.begin(producer())
  simulation.run(offered.events * 100)
  return (offered.events * 1_000) / endedAtMs
}
