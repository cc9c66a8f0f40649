import { checkoutPath } from './checkout-path.ts'
import { type Costs, costOf } from './costs.ts'
import { type Cores, createThread, type Thread } from './machine.ts'
import {
  type Activity,
  createBatches,
  createStation,
  type Log,
  type Simulation,
  type Station,
} from './simulation.ts'

/** The limits of the system itself. */
export const limits = {
  /** Connections that a process opens to its database. */
  pool: 10,
  relayBatch: 500,
  consumerBatch: 100,
  consumersAtOnce: 4,
} as const

/** A database server, or one that services share. */
export type Database = { readonly cores: Cores; readonly log: Log }

/** A process with a database and an outbox. */
export type Service = {
  readonly thread: Thread
  readonly connections: Station
  readonly database: Database
  /** Wakes up the relay. */
  readonly publish: (events: number) => void
}

/** Its relay passes batches on to `carry`, and commits when that is done. */
export const createService = (
  simulation: Simulation,
  { relay }: Pick<Costs, 'relay'>,
  {
    cores,
    database,
    thread = createThread(simulation, cores),
    carry,
  }: {
    readonly cores: Cores
    readonly thread?: Thread
    readonly database: Database
    readonly carry?: (events: number) => Activity
  },
): Service => {
  const outbox = createBatches<number>(
    simulation,
    { most: limits.relayBatch, workers: 1 },
    function* (batch) {
      const events = batch.reduce((sum, count) => sum + count, 0)
      simulation.begin(cores.run(costOf(relay.helpers, events)))
      yield* thread.run(costOf(relay.here, events))
      yield* database.cores.run(costOf(relay.database, events))
      if (carry !== undefined) yield* carry(events)
      yield* database.log.commit()
    },
  )
  return {
    thread,
    connections: createStation(simulation, limits.pool),
    database,
    publish: events =>
      outbox.add(Array.from({ length: Math.ceil(events) }, (_, index) => Math.min(1, events - index))),
  }
}

/** ms of CPU that one checkout costs each. */
export type CheckoutCosts = {
  readonly checkout: Readonly<Record<keyof Costs['checkout'], number>>
  readonly eventsPerCheckout: Costs['eventsPerCheckout']
}

/** What one checkout costs when so many are under way. */
export const shareOfBurst = (
  { checkout, eventsPerCheckout }: Pick<Costs, 'checkout' | 'eventsPerCheckout'>,
  underWay: number,
): CheckoutCosts => {
  const of = (name: keyof Costs['checkout']) => checkout[name].perEvent + checkout[name].perBatch / underWay
  return {
    eventsPerCheckout,
    checkout: {
      client: of('client'),
      orders: of('orders'),
      products: of('products'),
      payments: of('payments'),
      helpers: of('helpers'),
      database: of('database'),
    },
  }
}

/** What checkouts pass through; the functions choose a process for each call. */
export type Shop = {
  /** Where the threads beside the main threads run. */
  readonly helpers: Cores
  readonly orders: () => Service
  readonly products: () => Service
  /** The payment provider, if it shares the machine. */
  readonly payments: () => Service | undefined
  /** From one process to another and back, without what both do. */
  readonly callMs: number
  /** How long a payment provider elsewhere takes for a request. */
  readonly paymentMs: number
}

const shares = {
  orders: 1 / (checkoutPath.length + 1),
  products: 1 / checkoutPath.filter(({ database }) => database === 'products').length,
  payments: 1 / checkoutPath.filter(({ database }) => database === 'payment_simulator').length,
}
const publications = checkoutPath.flatMap(({ database, hasEvents }) => (hasEvents ? [database] : []))

/** One checkout, from the request at the orders process to its answer. That thread runs before each step and at the end. */
export const checkOut = function* (
  simulation: Simulation,
  { checkout, eventsPerCheckout }: CheckoutCosts,
  { helpers, orders, products, payments, callMs, paymentMs }: Shop,
): Activity {
  const databaseMs = checkout.database / checkoutPath.length
  const transact = function* ({ connections, database }: Service, isFlushed: boolean): Activity {
    yield* connections.take()
    yield* database.cores.run(simulation.around(databaseMs))
    if (isFlushed) yield* database.log.commit()
    connections.give()
  }
  const call = function* (service: Service, cpuMs: number, isFlushed: boolean): Activity {
    yield* simulation.pause(callMs)
    yield* service.thread.run(cpuMs / 2)
    yield* transact(service, isFlushed)
    yield* service.thread.run(cpuMs / 2)
  }
  const own = orders()
  const eventsOf = (name: 'orders' | 'products') =>
    eventsPerCheckout[name] / publications.filter(each => each === name).length

  simulation.begin(helpers.run(checkout.helpers))
  for (const { database, kind, hasEvents } of checkoutPath) {
    const isFlushed = kind === 'commit'
    yield* own.thread.run(checkout.orders * shares.orders)
    if (database === 'payment_simulator') {
      const provider = payments()
      if (provider === undefined) yield* simulation.pause(simulation.around(paymentMs))
      else yield* call(provider, checkout.payments * shares.payments, isFlushed)
      continue
    }
    const service = database === 'orders' ? own : products()
    if (database === 'orders') yield* transact(service, isFlushed)
    else yield* call(service, checkout.products * shares.products, isFlushed)
    if (hasEvents) service.publish(eventsOf(database))
  }
  yield* own.thread.run(checkout.orders * shares.orders)
}
