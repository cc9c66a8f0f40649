import { availableParallelism } from 'node:os'
import { parseArguments, runCommand, startProgress, UsageError } from '../commands/command-line.ts'
import { type CheckoutSystem, prepareCheckoutSystem } from './checkout/checkout-system.ts'
import { fewestStatements } from './checkout/fewest.ts'
import { openFloor } from './checkout/floor.ts'
import { type RecordedCheckout, recordCheckouts } from './checkout/recording.ts'
import { floorLine, headLine, loadLine, lockLine, stepLines } from './checkout/report.ts'
import { type Basket, openShop, type Shop, withShop } from './checkout/shop.ts'
import { type Figures, measureLoad } from './load.ts'

const defaultCount = 1_000
const warmUp = 300
const warmUpClients = 16
const clientCounts = [1, 16, 64] as const
const productCount = 200

const help = `npm run bench -- checkout [options]

Measures whole checkouts, from placeOrder at the orders subgraph to CONFIRMED: orders, products and the payment
simulator run as processes of their own on a durable PostgreSQL, and their events leave the outbox for a consumer that
does nothing. The floor is what these services sent to their databases for as many checkouts, recorded one at a time:
the same statements with the same parameters in the same transactions, sent again by as many clients through bare pg,
over as many connections, to databases in the same state. What relays, sweepers and listeners do is no part of the
floor. Beside it are the fewest statements that leave the same in the databases, written by hand: one for each database.
A second table is of checkouts that all want one product, and tells how long that product is locked.

  --checkouts N      how many are measured for each figure (${defaultCount.toLocaleString('en')})
  --cpu-prof FOLDER  keeps a CPU profile of each service
  --help             this text`

await runCommand(help, async () => {
  const options = readArguments()
  const interrupted = new Promise<'interrupted'>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'))
  })
  console.log(
    `${options.count.toLocaleString('en')} checkouts for each figure, after ${warmUp} to warm up; ` +
      `${availableParallelism()} cores, Node ${process.versions.node}`,
  )
  const system = await prepareCheckoutSystem()
  const outcome = await Promise.race([measureAll(system, options), interrupted]).finally(system.stop)
  // n.b. The interrupted measurement still waits for its answers and would keep the process alive.
  if (outcome === 'interrupted') process.exit(130)
})

type Options = { readonly count: number; readonly profileFolder: string | undefined }

type Workload = Options & { readonly basketOf: (index: number) => Basket; readonly advance: () => void }

/** n.b. what follows are function declarations, because the command runs before a constant below it has a value. */
function readArguments(): Options {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      checkouts: { type: 'string', default: String(defaultCount) },
      'cpu-prof': { type: 'string' },
    },
  })
  const count = Number(values.checkouts)
  if (!Number.isSafeInteger(count) || count < 1)
    throw new UsageError('--checkouts takes a whole number from 1')
  return { count, profileFolder: values['cpu-prof'] }
}

async function measureAll(system: CheckoutSystem, options: Options): Promise<void> {
  const products = await fillShelves(system)
  const [hot] = products
  const twoOfAll = (index: number): Basket => [
    products[index % products.length] ?? hot,
    products[(index * 7 + 3) % products.length] ?? hot,
  ]
  await measure(system, options, {
    title: `two of ${productCount} products`,
    basketOf: twoOfAll,
    isHot: false,
  })
  await measure(system, options, { title: 'one product for all', basketOf: () => [hot], isHot: true })
}

/** Makes the products that are sold, and keeps the databases in that state. */
async function fillShelves(system: CheckoutSystem): Promise<Basket> {
  const services = await system.startHere()
  const shop = openShop(system)
  try {
    const add = (index: number) => shop.addProduct(`BENCH-${index}`)
    return [
      await add(0),
      ...(await Promise.all(Array.from({ length: productCount - 1 }, (_, n) => add(n + 1)))),
    ]
  } finally {
    await shop.stop()
    await services.stop()
    await system.keep()
  }
}

async function measure(
  system: CheckoutSystem,
  options: Options,
  {
    title,
    basketOf,
    isHot,
  }: { readonly title: string; readonly isHot: boolean } & Pick<Workload, 'basketOf'>,
): Promise<void> {
  const { count } = options
  const runs = 1 + 2 * clientCounts.length + (isHot ? 1 : 0)
  const progress = startProgress(title, runs * (warmUp + count) + warmUp + clientCounts.length * count)
  const workload = { ...options, basketOf, advance: progress.add }
  const lines: string[] = []
  try {
    const { checkouts, times } = await record(system, workload)
    const fewest = checkouts.map((_, index) => fewestStatements(basketOf(index)))
    const measured = await measureSystem(system, workload)
    for (const [clients, figures] of measured) {
      const floor = await measureFloor(system, workload, { checkouts, clients })
      lines.push(
        loadLine(clients, figures, [
          floor,
          await measureFloor(system, workload, { checkouts: fewest, clients }),
        ]),
      )
    }
    lines.push(floorLine('the floor', checkouts.slice(warmUp)), floorLine('the fewest', fewest.slice(warmUp)))
    if (isHot) lines.push(lockLine(await measureLock(system, workload, checkouts)))
    lines.push(...stepLines(times.slice(warmUp)))
  } finally {
    progress.stop()
  }
  console.log([`\n${title}`, headLine, ...lines].join('\n'))
}

function record(system: CheckoutSystem, workload: Workload): ReturnType<typeof recordCheckouts> {
  return withRestoredShop(system, system.startHere, shop =>
    recordCheckouts(warmUp + workload.count, async index => {
      const isConfirmed = await checkOut(shop, workload, index)
      if (!isConfirmed) throw new Error('a checkout took too long to be recorded: this machine is too busy')
    }),
  )
}

function measureSystem(system: CheckoutSystem, workload: Workload): Promise<ReadonlyMap<number, Figures>> {
  const { profileFolder, count } = workload
  return withRestoredShop(
    system,
    () => system.startProcesses(profileFolder),
    async shop => {
      const work = (index: number) => checkOut(shop, workload, index)
      await measureLoad({ clients: warmUpClients, count: warmUp }, work)
      const measured = new Map<number, Figures>()
      for (const clients of clientCounts) measured.set(clients, await measureLoad({ clients, count }, work))
      return measured
    },
  )
}

/** Has more clients than the lock of a product lets on do nothing but what locks the product. */
function measureLock(
  system: CheckoutSystem,
  workload: Workload,
  checkouts: readonly RecordedCheckout[],
): Promise<Figures> {
  const locking = checkouts.map(checkout =>
    checkout.filter(({ statements }) => statements.some(({ text }) => /\bupdate products\b/.test(text))),
  )
  return measureFloor(system, workload, { checkouts: locking, clients: 16, ordersEach: 0 })
}

/** Replays what was recorded, the part that warmed up the services too, from the state that it began with. */
async function measureFloor(
  system: CheckoutSystem,
  { advance }: Workload,
  {
    checkouts,
    clients,
    ordersEach = 1,
  }: {
    readonly checkouts: readonly RecordedCheckout[]
    readonly clients: number
    readonly ordersEach?: 0 | 1
  },
): Promise<Figures> {
  await system.restore()
  const floor = await openFloor(system)
  const replay = (from: number) => async (index: number) => {
    await floor.replay(checkouts[from + index] ?? [])
    advance()
    return true
  }
  try {
    await measureLoad({ clients: warmUpClients, count: warmUp }, replay(0))
    const figures = await measureLoad({ clients, count: checkouts.length - warmUp }, replay(warmUp))
    await floor.requireConfirmed(checkouts.length * ordersEach)
    return figures
  } finally {
    await floor.stop()
  }
}

async function checkOut(shop: Shop, { basketOf, advance }: Workload, index: number): Promise<boolean> {
  const isConfirmed = await shop.checkOut(basketOf(index))
  advance()
  return isConfirmed
}

async function withRestoredShop<T>(
  system: CheckoutSystem,
  start: CheckoutSystem['startHere'],
  use: (shop: Shop) => Promise<T>,
): Promise<T> {
  await system.restore()
  return withShop(system, start, use)
}
