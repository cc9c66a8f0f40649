import { randomBytes } from 'node:crypto'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { messagingMigrations } from '@supergraph/messaging/migration.ts'
import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import { recordOf } from '../../embedded/records.ts'
import { percentile } from '../../testbed/percentile.ts'
import { type CheckoutSystem, prepareCheckoutSystem } from '../checkout/checkout-system.ts'
import { openFloor } from '../checkout/floor.ts'
import { type RecordedCheckout, recordCheckouts } from '../checkout/recording.ts'
import { type Basket, withShop } from '../checkout/shop.ts'
import { measureLoad } from '../load.ts'
import {
  type Bursts,
  benchEvent,
  createArrivals,
  lineThrough,
  measureBursts,
  medianByClients,
  medianCosts,
  medianOf,
  rounds,
  writeEvents,
} from './bursts.ts'
import { checkoutPath, wakeUpsOf } from './checkout-path.ts'
import { type BatchCost, type Costs, clientCounts, less, lessBatch, type Measured } from './costs.ts'
import { type Meter, openMeter } from './meter.ts'

const productCount = 200
const warmUp = { clients: 16, count: 1_000 } as const
const checkoutBursts = { small: { size: 1, times: 60 }, large: { size: 16, times: 8 } } as const
const outboxBursts = { small: { size: 1, times: 200 }, large: { size: 100, times: 40 } } as const
const measuredCount = 200
const recordedCount = 600
const lockWarmUp = 100
const flushes = 500
const silent = { info: () => {}, warn: () => {}, error: () => {} }

type CheckoutFigures = {
  readonly costs: Pick<Costs, 'flushMs' | 'append' | 'relay' | 'checkout' | 'eventsPerCheckout' | 'lock'>
  readonly measured: Pick<Measured, 'checkouts' | 'hotRow'>
}

/** Measures what a checkout and its parts cost, and then how many there are a second. */
export const measureCheckouts = async (): Promise<CheckoutFigures> => {
  const system = await prepareCheckoutSystem()
  try {
    const products = await fillShelves(system)
    const recorded = await record(system, products[0])
    const meter = await openMeter(system.databaseUrls.orders)
    const outbox = await measureOutbox(system, meter)
    const { lock, hotRow, writtenBytes } = await measureLock(system, meter, recorded)
    const flushMs = await measureFlush(system.databaseUrls.users, writtenBytes)
    const { checkouts, ...costs } = await measureProcesses(system, meter, { products, relay: outbox.relay })
    return { costs: { flushMs, ...outbox, lock, ...costs }, measured: { checkouts, hotRow } }
  } finally {
    await system.stop()
  }
}

/** How much longer a statement takes that has to flush so many bytes to the log: the median of each. */
const measureFlush = async (url: string, bytes: number): Promise<number> => {
  const session = new Client({ connectionString: url })
  await session.connect()
  const medianMs = async (statement: string): Promise<number> => {
    const times: number[] = []
    for (let index = 0; index < flushes; index += 1) {
      const content = randomBytes(bytes)
      const startedAtMs = performance.now()
      await session.query(statement, [content])
      times.push(performance.now() - startedAtMs)
    }
    return percentile(times, 0.5)
  }
  try {
    await session.query('create table flushed (content bytea)')
    await session.query('create unlogged table unflushed (content bytea)')
    const unflushedMs = await medianMs('insert into unflushed values ($1)')
    return less(await medianMs('insert into flushed values ($1)'), unflushedMs)
  } finally {
    await session.query('drop table if exists flushed, unflushed')
    await session.end()
  }
}

const fillShelves = async (system: CheckoutSystem): Promise<Basket> => {
  const products = await withShop(system, system.startHere, async shop => {
    const add = (index: number) => shop.addProduct(`CAPACITY-${index}`)
    const rest = Array.from({ length: productCount - 1 }, (_, index) => add(index + 1))
    return [await add(0), ...(await Promise.all(rest))] as const
  })
  await system.keep()
  return products
}

/** Records checkouts of one product. Throws if they do not go the way that the model goes. */
const record = (system: CheckoutSystem, product: string): Promise<readonly RecordedCheckout[]> =>
  withShop(system, system.startHere, async shop => {
    const { checkouts } = await recordCheckouts(recordedCount, () => shop.checkOut([product]))
    const [least = []] = checkouts.toSorted((a, b) => a.length - b.length)
    const [found, known] = [least, checkoutPath].map(path => path.map(({ database }) => database).join(', '))
    if (found !== known)
      throw new Error(`a checkout goes to ${found}; the model goes to ${known}: mend checkout-path.ts`)
    return checkouts
  })

/** What an outbox costs, of a database that has nothing else to do. */
const measureOutbox = async (
  system: CheckoutSystem,
  meter: Meter,
): Promise<Pick<Costs, 'append' | 'relay'>> => {
  const databaseUrl = system.databaseUrls.users
  const names = ['here', 'helpers', 'database'] as const
  const arrivals = createArrivals()
  const { stop, measure } = await startAll(async use => {
    const database = use(
      await openDatabase({ service: 'users', url: databaseUrl, tables: [], migrations: messagingMigrations }),
    )
    return {
      measure: async () => {
        const append = await measureBursts(meter, names, outboxBursts, events =>
          writeEvents(database, events),
        )
        await database.query('truncate outbox')
        const relaying = await startAll(async use => {
          const transport = use(createInProcessTransport({ logger: silent }))
          const deliver = async () => {
            arrivals.come(1)
            return { kind: 'ack' } as const
          }
          await transport.consume({ queue: 'capacity', types: [benchEvent.type], prefetch: 100, deliver })
          use(await startRelay({ database, databaseUrl, transport, logger: silent }))
          return {}
        })
        const both = await measureBursts(meter, names, outboxBursts, async events => {
          const arrived = arrivals.expect(events)
          await writeEvents(database, events)
          await arrived
        }).finally(relaying.stop)
        const relay = {
          here: lessBatch(both.here, append.here),
          helpers: lessBatch(both.helpers, append.helpers),
          database: lessBatch(both.database, append.database),
        }
        return { append, relay }
      },
    }
  })
  return measure().finally(stop)
}

/** What a statement that locks a product costs one client alone; how many buyers a second many clients are. */
const measureLock = async (system: CheckoutSystem, meter: Meter, recorded: readonly RecordedCheckout[]) => {
  const locking = recorded.map(checkout =>
    checkout.filter(({ statements }) => statements.some(({ text }) => /\bupdate products\b/.test(text))),
  )
  const count = recordedCount - lockWarmUp
  const replay = async (clients: number) => {
    await system.restore()
    const floor = await openFloor(system)
    const from = (first: number) => async (index: number) => {
      await floor.replay(locking[first + index] ?? [])
      return true
    }
    try {
      await measureLoad({ clients, count: lockWarmUp }, from(0))
      const startedAt = await logPosition(system)
      const look = () => [meter.here(), meter.helpers(), meter.database()] as const
      const before = look()
      const { perSecond } = await measureLoad({ clients, count }, from(lockWarmUp))
      const [client, helpers, database] = look().map(
        (value, index) => (value - (before[index] ?? 0)) / count / locksPerCheckout,
      )
      const writtenBytes = Math.round(((await logPosition(system)) - startedAt) / count / locksPerCheckout)
      return {
        perSecond,
        writtenBytes,
        lock: { client: client ?? 0, helpers: helpers ?? 0, database: database ?? 0 },
      }
    } finally {
      await floor.stop()
    }
  }
  const { lock, writtenBytes } = await replay(1)
  const buyers: number[] = []
  for (let round = 0; round < rounds; round += 1) buyers.push((await replay(16)).perSecond)
  return { lock, hotRow: medianOf(buyers), writtenBytes }
}

/** How many bytes the server has written to its log so far. */
const logPosition = async ({ databaseUrls }: CheckoutSystem): Promise<number> => {
  const session = new Client({ connectionString: databaseUrls.users })
  await session.connect()
  const position = await countIn(session, "select pg_current_wal_lsn() - '0/0'::pg_lsn as count")
  await session.end()
  return position
}

const locksPerCheckout = checkoutPath.filter(({ locksProducts }) => locksProducts).length

const measureProcesses = async (
  system: CheckoutSystem,
  meter: Meter,
  { products, relay }: { readonly products: Basket; readonly relay: Costs['relay'] },
) => {
  await system.restore()
  const sessions = await openSessions(system)
  try {
    return await withShop(system, system.startProcesses, async shop => {
      const work = (index: number) =>
        shop.checkOut([
          products[index % products.length] ?? products[0],
          products[(index * 7 + 3) % products.length] ?? products[0],
        ])
      await measureLoad(warmUp, work)
      const repeat = async ({ size, times }: Bursts['small']): Promise<Spent> => {
        const before = await look(meter, sessions)
        for (let time = 0; time < times; time += 1)
          await Promise.all(Array.from({ length: size }, (_, index) => work(time * size + index)))
        return spentBetween(before, await look(meter, sessions), { bursts: times, checkouts: size, relay })
      }
      const spent: { readonly small: Spent; readonly large: Spent }[] = []
      const figures: Readonly<Record<string, number>>[] = []
      for (let round = 0; round < rounds; round += 1) {
        spent.push({ small: await repeat(checkoutBursts.small), large: await repeat(checkoutBursts.large) })
        const figure: Record<string, number> = {}
        for (const clients of clientCounts)
          figure[clients] = (await measureLoad({ clients, count: measuredCount }, work)).perSecond
        figures.push(figure)
      }
      const checkouts = medianByClients(figures)
      return { checkouts, ...costsOf(spent) }
    })
  } finally {
    await sessions.stop()
  }
}

type Sessions = Running & { readonly orders: Client; readonly products: Client }

const openSessions = (system: CheckoutSystem): Promise<Sessions> =>
  startAll(async use => {
    const open = async (connectionString: string): Promise<Client> => {
      const session = new Client({ connectionString })
      await session.connect()
      use({ stop: () => session.end() })
      return session
    }
    return {
      orders: await open(system.databaseUrls.orders),
      products: await open(system.databaseUrls.products),
    }
  })

const names = ['client', 'orders', 'products', 'payments', 'helpers', 'database'] as const
const counters = ['orderEvents', 'productEvents', 'numbered'] as const

type Look = Readonly<Record<(typeof names)[number] | (typeof counters)[number], number>>

const look = async (meter: Meter, { orders, products }: Sessions): Promise<Look> => ({
  client: meter.here(),
  orders: meter.child('service.ts orders'),
  products: meter.child('service.ts products'),
  payments: meter.child('service.ts payment-simulator'),
  helpers: meter.helpers(),
  database: meter.database(),
  orderEvents: await countIn(orders, 'select count(*)::int as count from outbox'),
  productEvents: await countIn(products, 'select count(*)::int as count from outbox'),
  // n.b. how many transactions of the server have taken a number
  numbered: await countIn(orders, 'select pg_snapshot_xmax(pg_current_snapshot())::text::int as count'),
})

const countIn = async (session: Client, sql: string): Promise<number> =>
  Number((await session.query<{ count: unknown }>(sql)).rows[0]?.count)

/** What a burst of checkouts cost, without the relays, and the events that it left. */
type Spent = Readonly<Record<Exclude<keyof Look, 'numbered'>, number>>

/**
 * What happened between two looks, for each burst, less what the relays did meanwhile: every batch of a relay is a
 * transaction with a number, and so are all of a checkout's that are no reads.
 */
const spentBetween = (
  before: Look,
  after: Look,
  {
    bursts,
    checkouts,
    relay,
  }: { readonly bursts: number; readonly checkouts: number; readonly relay: Costs['relay'] },
): Spent => {
  const each = (name: keyof Look) => (after[name] - before[name]) / bursts
  const own = checkoutPath.filter(({ kind }) => kind !== 'read').length * checkouts
  const batches = less(each('numbered'), own)
  const ordersShare = wakeUpsOf('orders') / (wakeUpsOf('orders') + wakeUpsOf('products'))
  const [orderEvents, productEvents] = [each('orderEvents'), each('productEvents')]
  const relayed = ({ perBatch, perEvent }: BatchCost, share: number, events: number) =>
    perBatch * batches * share + perEvent * events
  const events = orderEvents + productEvents
  return {
    client: each('client'),
    orders: less(each('orders'), relayed(relay.here, ordersShare, orderEvents)),
    products: less(each('products'), relayed(relay.here, 1 - ordersShare, productEvents)),
    payments: each('payments'),
    helpers: less(each('helpers'), relayed(relay.helpers, 1, events)),
    database: less(each('database'), relayed(relay.database, 1, events)),
    orderEvents,
    productEvents,
  }
}

const costsOf = (
  spent: readonly { readonly small: Spent; readonly large: Spent }[],
): Pick<Costs, 'checkout' | 'eventsPerCheckout'> => {
  const lines = spent.map(({ small, large }) =>
    recordOf(
      names,
      name => name,
      name => lineThrough(checkoutBursts, { small: small[name], large: large[name] }),
    ),
  )
  const eventsOf = (name: 'orderEvents' | 'productEvents') =>
    medianOf(spent.map(({ small }) => small[name] / checkoutBursts.small.size))
  return {
    checkout: medianCosts(lines, names),
    eventsPerCheckout: { orders: eventsOf('orderEvents'), products: eventsOf('productEvents') },
  }
}
