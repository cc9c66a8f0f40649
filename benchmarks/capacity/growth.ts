import { percentile } from '../../testbed/percentile.ts'
import { checkOut, createService, type Database, type Service, shareOfBurst } from './checkout-model.ts'
import { checkoutPath } from './checkout-path.ts'
import { type Costs, costOf } from './costs.ts'
import { type Cores, createCores, createThread } from './machine.ts'
import { createLog, createSimulation } from './simulation.ts'

/** What no measurement on one machine can tell. */
export const assumptions = {
  /** 40 visits for each order, which is a conversion of 2.5 %, of 3 pages each. */
  pagesPerOrder: 120,
  /** Of each order two changes of its state and one notification reach the buyer's socket. */
  deliveriesPerOrder: 3,
  /** How long a buyer watches the order. */
  watchSeconds: 300,
  /** The share of all orders that want the one product that sells best. */
  hottestShare: 0.1,
  /** The cores of each database server; a service has servers of its own. */
  databaseCores: 8,
  /** A flush of a replicated disk. */
  flushMs: 1,
  /** From one process to another and back. */
  callMs: 0.5,
  /** One request to the payment provider. */
  paymentMs: 400,
  /** Up to here a resource is used; the rest is for bursts and for the loss of one of several. */
  fullAt: 0.6,
  /** Memory of one gateway or worker for its sockets. */
  socketMemoryBytes: 1_024 ** 3,
} as const

export const orderSteps = [10, 50, 100, 200, 400, 800] as const
export const socketSteps = [1_000, 10_000, 60_000, 240_000] as const

/** Something of which an order takes a part. */
export type Resource = {
  readonly name: string
  /** ms that an order, with the pages and the deliveries that belong to it, takes of one unit. */
  readonly demandMs: number
  /** How the demand comes about, in words with figures. */
  readonly arithmetic: string
  /** What one unit can do at a time: 1 for a thread, the cores for a server. */
  readonly places: number
}

/** What a page costs that comes alone: in a crowd, a turn of the loop serves several. */
const pageOf = ({ page }: Costs) => ({
  gateway: costOf(page.gateway, 1),
  products: costOf(page.products, 1),
  database: costOf(page.database, 1),
})

const round = (value: number): string => String(Number(value.toPrecision(3)))

/** The resources of a shop, with what an order takes of each. */
export const resourcesOf = (costs: Costs) => {
  const { relay, live, lock, eventsPerCheckout } = costs
  const { checkout } = shareOfBurst(costs, 1)
  const page = pageOf(costs)
  const {
    pagesPerOrder: pages,
    deliveriesPerOrder: deliveries,
    databaseCores,
    flushMs,
    hottestShare,
  } = assumptions
  const part = (database: string) =>
    checkoutPath.filter(each => each.database === database).length / checkoutPath.length
  const relayed = {
    orders: costOf(relay.here, 1) * eventsPerCheckout.orders,
    products: costOf(relay.here, 1) * eventsPerCheckout.products,
  }
  const relayedDatabase = {
    orders: costOf(relay.database, 1) * eventsPerCheckout.orders,
    products: costOf(relay.database, 1) * eventsPerCheckout.products,
  }
  // n.b. what an event costs in a crowd: at these rates one seldom comes alone
  const delivered = {
    gateway: live.gateway.perEvent,
    worker: live.worker.perEvent,
    database: live.database.perEvent,
    broker: live.broker.perEvent,
  }
  const events = eventsPerCheckout.orders + eventsPerCheckout.products
  const holdMs = lock.database + flushMs
  const times = (count: number, ms: number) => `${round(count)} × ${round(ms)}`
  return {
    gateway: {
      name: 'gateway, HTTP',
      demandMs: (pages + 1) * page.gateway,
      arithmetic: `${times(pages, page.gateway)} for pages + ${round(page.gateway)} for the checkout`,
      places: 1,
    },
    products: {
      name: 'products',
      demandMs: pages * page.products + checkout.products + relayed.products,
      arithmetic: `${times(pages, page.products)} for pages + ${round(checkout.products)} for the checkout + ${round(relayed.products)} for its relay`,
      places: 1,
    },
    orders: {
      name: 'orders',
      demandMs: checkout.orders + relayed.orders,
      arithmetic: `${round(checkout.orders)} for the checkout + ${round(relayed.orders)} for its relay`,
      places: 1,
    },
    worker: {
      name: 'notification worker',
      demandMs: deliveries * delivered.worker,
      arithmetic: times(deliveries, delivered.worker),
      places: 1,
    },
    sockets: {
      name: 'gateway, sockets',
      demandMs: deliveries * delivered.gateway,
      arithmetic: times(deliveries, delivered.gateway),
      places: 1,
    },
    productsReads: {
      name: 'products database, reads',
      demandMs: pages * page.database,
      arithmetic: times(pages, page.database),
      places: databaseCores,
    },
    productsWrites: {
      name: 'products database, writes',
      demandMs: part('products') * checkout.database + relayedDatabase.products,
      arithmetic: `${times(part('products'), checkout.database)} for the checkout + ${round(relayedDatabase.products)} for the relay`,
      places: databaseCores,
    },
    ordersDatabase: {
      name: 'orders database',
      demandMs: part('orders') * checkout.database + relayedDatabase.orders,
      arithmetic: `${times(part('orders'), checkout.database)} for the checkout + ${round(relayedDatabase.orders)} for the relay`,
      places: databaseCores,
    },
    notificationsDatabase: {
      name: 'notifications database',
      demandMs: deliveries * delivered.database,
      arithmetic: times(deliveries, delivered.database),
      places: databaseCores,
    },
    queue: {
      name: 'broker, busiest queue',
      demandMs: events * delivered.broker,
      arithmetic: times(events, delivered.broker),
      places: 1,
    },
    hotRow: {
      name: 'row of the best seller',
      demandMs: hottestShare * 2 * holdMs,
      arithmetic: `${round(hottestShare)} of the orders × 2 locks × (${round(lock.database)} of CPU + ${flushMs} to flush)`,
      places: 1,
    },
  } as const satisfies Readonly<Record<string, Resource>>
}

export type ResourceName = keyof ReturnType<typeof resourcesOf>

/** How much of one unit of each an order rate takes; 1 is all of it. */
export const loadsOf = (costs: Costs, ordersPerSecond: number): readonly (readonly [Resource, number])[] =>
  Object.values(resourcesOf(costs)).map(resource => [
    resource,
    (ordersPerSecond * resource.demandMs) / 1_000 / resource.places,
  ])

/** How many of a resource it takes, so that each is used at most as far as it should be. */
export const unitsFor = (load: number): number => Math.max(1, Math.ceil(load / assumptions.fullAt))

/** A shop that has enough of everything, as the simulation finds it. */
export type Grown = {
  readonly ordersPerSecond: number
  readonly units: Readonly<
    Record<'gateway' | 'products' | 'orders' | 'productsReads' | 'productsWrites' | 'ordersDatabase', number>
  >
  readonly utilisation: Readonly<
    Record<
      'gateway' | 'products' | 'orders' | 'productsReads' | 'productsWrites' | 'ordersDatabase' | 'ordersLog',
      number
    >
  >
  readonly checkoutMs: { readonly p50: number; readonly p99: number }
  readonly pageMs: { readonly p50: number; readonly p99: number }
}

const warmUpMs = 2_000
const targetCheckouts = 1_000
const [leastMs, mostMs] = [2_500, 20_000]

export const simulateGrown = (costs: Costs, ordersPerSecond: number): Grown => {
  const simulation = createSimulation(`growth ${ordersPerSecond}`)
  const page = pageOf(costs)
  const alone = shareOfBurst(costs, 1)
  const { flushMs, databaseCores, callMs, paymentMs, pagesPerOrder } = assumptions
  const resources = resourcesOf(costs)
  const unitsOf = (name: ResourceName) =>
    unitsFor((ordersPerSecond * resources[name].demandMs) / 1_000 / resources[name].places)
  const units = {
    gateway: unitsOf('gateway'),
    products: unitsOf('products'),
    orders: unitsOf('orders'),
    productsReads: unitsOf('productsReads'),
    productsWrites: unitsOf('productsWrites'),
    ordersDatabase: unitsOf('ordersDatabase'),
  }
  // n.b. each process has a core of its own: only its thread is shared
  const ample: Cores = { run: simulation.pause, utilisation: () => 0, forget: () => {} }
  const many = <T>(count: number, create: (index: number) => T): readonly [T, ...T[]] => [
    create(0),
    ...Array.from({ length: count - 1 }, (_, index) => create(index + 1)),
  ]
  const openServer = (): Database => ({
    cores: createCores(simulation, databaseCores),
    log: createLog(simulation, flushMs),
  })
  const ordersServers = many(units.ordersDatabase, openServer)
  const productsServers = many(units.productsWrites, openServer)
  const replicas = many(units.productsReads, () => createCores(simulation, databaseCores))
  const serviceOn = (servers: readonly [Database, ...Database[]]) => (index: number) =>
    createService(simulation, costs, {
      cores: ample,
      database: servers[index % servers.length] ?? servers[0],
    })
  const gateways = many(units.gateway, () => createThread(simulation, ample))
  const products = many(units.products, serviceOn(productsServers))
  const orders = many(units.orders, serviceOn(ordersServers))

  const [gatewayOf, productsOf, ordersOf, replicaOf] = [
    inTurn(gateways),
    inTurn(products),
    inTurn(orders),
    inTurn(replicas),
  ]
  const shop = {
    helpers: ample,
    orders: ordersOf,
    products: productsOf,
    payments: () => undefined,
    callMs,
    paymentMs,
  }
  const [checkoutsMs, pagesMs]: [number[], number[]] = [[], []]
  simulation.arrive(ordersPerSecond, function* () {
    const beganAtMs = simulation.nowMs()
    const gateway = gatewayOf()
    yield* gateway.run(page.gateway / 2)
    yield* simulation.pause(callMs)
    yield* checkOut(simulation, alone, shop)
    yield* gateway.run(page.gateway / 2)
    if (beganAtMs >= warmUpMs) checkoutsMs.push(simulation.nowMs() - beganAtMs)
  })
  simulation.arrive(ordersPerSecond * pagesPerOrder, function* () {
    const beganAtMs = simulation.nowMs()
    const [gateway, service] = [gatewayOf(), productsOf()]
    yield* gateway.run(page.gateway / 2)
    yield* simulation.pause(callMs)
    yield* service.thread.run(page.products / 2)
    yield* service.connections.take()
    yield* simulation.pause(callMs)
    yield* replicaOf().run(simulation.around(page.database))
    service.connections.give()
    yield* service.thread.run(page.products / 2)
    yield* gateway.run(page.gateway / 2)
    if (beganAtMs >= warmUpMs) pagesMs.push(simulation.nowMs() - beganAtMs)
  })
  const watched = {
    gateway: gateways,
    products: products.map(({ thread }: Service) => thread),
    orders: orders.map(({ thread }: Service) => thread),
    productsReads: replicas,
    productsWrites: productsServers.map(({ cores }) => cores),
    ordersDatabase: ordersServers.map(({ cores }) => cores),
    ordersLog: ordersServers.map(({ log }) => log),
  }
  simulation.run(warmUpMs)
  for (const each of Object.values(watched).flat()) each.forget()
  simulation.run(Math.min(mostMs, Math.max(leastMs, (targetCheckouts / ordersPerSecond) * 1_000)))
  const meanOf = (members: readonly { readonly utilisation: () => number }[]) =>
    members.reduce((sum, { utilisation }) => sum + utilisation(), 0) / members.length
  return {
    ordersPerSecond,
    units,
    utilisation: {
      gateway: meanOf(watched.gateway),
      products: meanOf(watched.products),
      orders: meanOf(watched.orders),
      productsReads: meanOf(watched.productsReads),
      productsWrites: meanOf(watched.productsWrites),
      ordersDatabase: meanOf(watched.ordersDatabase),
      ordersLog: meanOf(watched.ordersLog),
    },
    checkoutMs: { p50: percentile(checkoutsMs, 0.5), p99: percentile(checkoutsMs, 0.99) },
    pageMs: { p50: percentile(pagesMs, 0.5), p99: percentile(pagesMs, 0.99) },
  }
}

/** Balances by turns. */
const inTurn = <T>(members: readonly [T, ...T[]]): (() => T) => {
  let next = 0
  return () => {
    const member = members[next % members.length] ?? members[0]
    next += 1
    return member
  }
}

/** What so many open sockets take. */
export type SocketsNeed = {
  readonly sockets: number
  readonly ordersPerSecond: number
  readonly deliveriesPerSecond: number
  readonly gatewayGiB: number
  readonly workerGiB: number
  readonly gatewaysByMemory: number
  readonly gatewaysByCpu: number
  /** How long it takes to tell all sockets of one event. */
  readonly broadcastSeconds: number
}

export const socketsNeed = ({ socketBytes, live }: Costs, sockets: number): SocketsNeed => {
  const { watchSeconds, deliveriesPerOrder, socketMemoryBytes } = assumptions
  const ordersPerSecond = sockets / watchSeconds
  const deliveriesPerSecond = ordersPerSecond * deliveriesPerOrder
  const gatewaysByMemory = Math.max(1, Math.ceil((sockets * socketBytes.gateway) / socketMemoryBytes))
  const gatewaysByCpu = unitsFor((deliveriesPerSecond * live.gateway.perEvent) / 1_000)
  return {
    sockets,
    ordersPerSecond,
    deliveriesPerSecond,
    gatewayGiB: (sockets * socketBytes.gateway) / 1_024 ** 3,
    workerGiB: (sockets * socketBytes.worker) / 1_024 ** 3,
    gatewaysByMemory,
    gatewaysByCpu,
    broadcastSeconds: (sockets * live.gateway.perEvent) / 1_000 / Math.max(gatewaysByMemory, gatewaysByCpu),
  }
}
