import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { parseArguments, runCommand, UsageError } from '../commands/command-line.ts'
import { startDatabaseServer } from '../testbed/database-server.ts'
import { freePorts } from '../testbed/ports.ts'
import { openRunDirectory } from '../testbed/run-directory.ts'
import { choresOf } from './scale/background.ts'
import type { Sizes } from './scale/history.ts'
import { openMeter } from './scale/meter.ts'
import { type Case, requestsOf } from './scale/requests.ts'
import { prepareGrownSystem } from './scale/system.ts'

const help = `npm run bench -- scale [options]

Measures what every kind of request, sweeper, relay, retention and check costs a shop after a year, in a small shop and in a
large one: the time of its SQL statements, and how many pages of 8 KiB they touch, which hardly depends on the machine. A
lookup in a B-tree touches one more page each time that the table has grown some 200 times, so a page of a list is marked
as dearer only if it takes longer, too.

  --products N  products of the large shop (20000; the full size is 1000000)
  --orders N    orders of the large shop (200000; the full size is 10000000)
  --only TEXT   only what has this text in its name
  --help        this text`

const small: Sizes = { products: 1_000, orders: 1_000 }
const roundsOfRequests = 5
/** What a page may cost in a large shop, as a multiple of what it costs in a small one. */
const mostTimes = 1.2

type Cost = { readonly ms: number; readonly pages: number; readonly isPage: boolean }

await runCommand(help, async () => {
  const { sizes, only } = readArguments()
  const before = await measureShop(small, only)
  const after = await measureShop(sizes, only)
  const columns = [`${small.orders}`, `${sizes.orders}`, 'times']
  console.log(`\n${''.padEnd(64)}${[...columns, ...columns].map(text => text.padStart(10)).join('')}`)
  console.log(`${''.padEnd(64)}${'ms of SQL'.padStart(30)}${'pages touched'.padStart(30)}`)
  for (const [name, cost] of after) {
    const least = before.get(name)
    if (least !== undefined) console.log(lineOf(name, least, cost))
  }
})

function readArguments(): { readonly sizes: Sizes; readonly only: string } {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      products: { type: 'string', default: '20000' },
      orders: { type: 'string', default: '200000' },
      only: { type: 'string', default: '' },
    },
  })
  const [products, orders] = [Number(values.products), Number(values.orders)]
  for (const [option, number] of Object.entries({ products, orders }))
    if (!Number.isInteger(number) || number < 1_000)
      throw new UsageError(`--${option} takes a number from 1000`)
  return { sizes: { products, orders }, only: values.only }
}

function lineOf(name: string, small: Cost, large: Cost): string {
  const times = large.pages / Math.max(small.pages, 1)
  const values = [
    ...[small.ms.toFixed(2), large.ms.toFixed(2), (large.ms / small.ms).toFixed(2)],
    ...[small.pages.toFixed(0), large.pages.toFixed(0), times.toFixed(2)],
  ]
  const isOver = large.isPage && Math.min(times, large.ms / small.ms) > mostTimes
  const mark = isOver ? ` over ${mostTimes}` : ''
  return `${name.padEnd(64)}${values.map(value => value.padStart(10)).join('')}${mark}`
}

/** What everything costs in a shop of these sizes, by its name. */
async function measureShop(sizes: Sizes, only: string): Promise<ReadonlyMap<string, Cost>> {
  const { stop, ...shop } = await startAll(async use => {
    const directory = use(await openRunDirectory())
    const [port = 0] = await freePorts(1)
    const server = use(await startDatabaseServer(directory, port))
    return { server, meter: use(await openMeter(server)) }
  })
  try {
    const { server, meter } = shop
    const startedAt = performance.now()
    const system = await prepareGrownSystem(server.urls, server.superuserUrl, sizes)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
    console.log(`${sizes.orders} orders and ${sizes.products} products filled in ${seconds} s`)
    const costs = new Map<string, Cost>()
    const measureAll = async (cases: readonly Case[], rounds: number) => {
      for (const { name, isPage, run } of cases.filter(({ name }) => name.includes(only)))
        costs.set(name, { ...(await meter.measure(run, rounds)), isPage })
    }
    const services = await system.start()
    try {
      const requests = await requestsOf(system)
      await measureAll([...requests.reads, ...requests.writes], roundsOfRequests)
      await requests.stop()
    } finally {
      await services.stop()
    }
    const { chores, stop: close } = await choresOf(system, server.superuserUrl)
    try {
      for (const chore of chores) {
        await chore.prepare?.()
        await measureAll([chore], 1)
      }
    } finally {
      await close()
    }
    return costs
  } finally {
    await stop()
  }
}
