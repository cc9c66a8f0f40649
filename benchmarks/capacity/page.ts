import { readFileSync, writeFileSync } from 'node:fs'
import { readPlace, tableOf, writePlace } from '../../testbed/marked-page.ts'
import type { Compared } from './comparison.ts'
import { type BatchCost, type Costs, costOf } from './costs.ts'
import {
  assumptions,
  type Grown,
  loadsOf,
  orderSteps,
  type Resource,
  resourcesOf,
  simulateGrown,
  socketSteps,
  socketsNeed,
} from './growth.ts'
import { plotOf } from './plot.ts'
import type { Results } from './results.ts'

const place = {
  page: new URL('../../docs/scaling.md', import.meta.url),
  begin: '<!-- figures, written by npm run bench -- capacity --write -->',
  end: '<!-- end of the figures -->',
}
const plot = new URL('../../docs/scaling.svg', import.meta.url)

/** What the page has between its marks, and the plot beside it. */
export type Paper = { readonly figures: string; readonly plot: string }

/** Everything that follows from the results, with what is simulated of shops with these orders a second. */
export const paperOf = (
  { machine, costs }: Results,
  compared: readonly Compared[],
  steps: readonly number[] = orderSteps,
): Paper => {
  const grown = steps.map(step => simulateGrown(costs, step))
  const sections = [
    `Measured on: ${machine}.`,
    '### The simulation against the measurement',
    comparisonTable(compared),
    '### What was measured by itself',
    costsTable(costs),
    '### What one order takes',
    demandsTable(costs),
    '### One of each',
    loadsTable(costs),
    '### Enough of each',
    grownTable(grown),
    utilisationTable(grown),
    '### Sockets',
    socketsTable(costs),
  ]
  return { figures: sections.join('\n\n'), plot: plotOf(Object.values(resourcesOf(costs))) }
}

export const readPage = (): Paper => ({ figures: readPlace(place), plot: readFileSync(plot, 'utf8') })

export const writePage = (paper: Paper): void => {
  writePlace(place, paper.figures)
  writeFileSync(plot, paper.plot)
}

const comparisonTable = (compared: readonly Compared[]): string =>
  tableOf(
    ['', 'measured', 'simulated', 'deviation'],
    compared.map(({ title, measured, simulated, deviation }) => [
      title,
      rounded(measured),
      rounded(simulated),
      percent(deviation),
    ]),
  )

const costsTable = ({
  flushMs,
  append,
  relay,
  consume,
  live,
  checkout,
  eventsPerCheckout,
  lock,
  page,
  socketBytes,
}: Costs): string => {
  const line = (title: string, figures: Readonly<Record<string, number>>) => [
    title,
    Object.entries(figures)
      .map(([name, ms]) => `${name} ${ms.toFixed(3)}`)
      .join(', '),
  ]
  const batches = (title: string, figures: Readonly<Record<string, BatchCost>>) => [
    line(
      `${title}, a batch of one`,
      mapped(figures, cost => costOf(cost, 1)),
    ),
    line(
      `${title}, each more`,
      mapped(figures, ({ perEvent }) => perEvent),
    ),
  ]
  return tableOf(
    ['', 'ms of CPU'],
    [
      ...batches('checkouts, without the relays', checkout),
      line('a statement that locks a product', lock),
      ...batches('pages of 20 products', page),
      ...batches('into an outbox', append),
      ...batches('out of an outbox', relay),
      ...batches('to the broker and into an inbox', consume),
      ...batches('to the broker and to a socket', live),
      [
        'events of a checkout in the outboxes',
        `orders ${eventsPerCheckout.orders.toFixed(1)}, products ${eventsPerCheckout.products.toFixed(1)}`,
      ],
      ['a flush of the log', `${flushMs.toFixed(3)} ms of waiting`],
      [
        'an idle socket',
        `${kib(socketBytes.gateway)} in the gateway, ${kib(socketBytes.worker)} in the worker`,
      ],
    ],
  )
}

const mapped = <Name extends string, From>(
  record: Readonly<Record<Name, From>>,
  msOf: (value: From) => number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries<From>(record).map(([name, value]) => [name, msOf(value)]))

const demandsTable = (costs: Costs): string =>
  tableOf(
    ['', 'arithmetic, in ms', 'ms an order', 'at a time', 'full at, orders a second'],
    Object.values(resourcesOf(costs)).map(resource => [
      resource.name,
      resource.arithmetic,
      rounded(resource.demandMs),
      String(resource.places),
      rounded(fullAt(resource)),
    ]),
  )

/** The orders a second that use one unit up. */
const fullAt = ({ demandMs, places }: Resource): number => (places * 1_000) / demandMs

const loadsTable = (costs: Costs): string => {
  const steps = orderSteps.map(step => ({ step, loads: loadsOf(costs, step) }))
  const names = Object.values(resourcesOf(costs)).map(({ name }) => name)
  return tableOf(
    ['', ...orderSteps.map(step => `${step} a second`)],
    [
      ...names.map((name, index) => [name, ...steps.map(({ loads }) => percent(loads[index]?.[1] ?? 0, ''))]),
      [
        '**gives way now**',
        ...orderSteps.map((step, index) => givingWay(costs, orderSteps[index - 1] ?? 0, step)),
      ],
    ],
  )
}

/** What is used further than it should be from a rate between two steps on, the first one first. */
const givingWay = (costs: Costs, after: number, until: number): string =>
  Object.values(resourcesOf(costs))
    .map(resource => ({ name: resource.name, from: fullAt(resource) * assumptions.fullAt }))
    .filter(({ from }) => from > after && from <= until)
    .toSorted((a, b) => a.from - b.from)
    .map(({ name, from }) => `${name} (from ${rounded(from)})`)
    .join('; ') || 'nothing'

const unitNames = {
  gateway: 'gateways',
  products: 'products processes',
  orders: 'orders processes',
  productsReads: 'read replicas of products',
  productsWrites: 'servers for products',
  ordersDatabase: 'servers for orders',
} as const

const grownTable = (grown: readonly Grown[]): string =>
  tableOf(
    ['orders a second', ...Object.values(unitNames), 'checkout p50 / p99 ms', 'page p50 / p99 ms'],
    grown.map(({ ordersPerSecond, units, checkoutMs, pageMs }) => [
      String(ordersPerSecond),
      ...names(unitNames).map(name => String(units[name])),
      `${checkoutMs.p50.toFixed(0)} / ${checkoutMs.p99.toFixed(0)}`,
      `${pageMs.p50.toFixed(1)} / ${pageMs.p99.toFixed(1)}`,
    ]),
  )

const utilisationTable = (grown: readonly Grown[]): string =>
  tableOf(
    ['how much of them is used', ...Object.values(unitNames), 'log of the orders servers'],
    grown.map(({ ordersPerSecond, utilisation }) => [
      String(ordersPerSecond),
      ...names(unitNames).map(name => percent(utilisation[name], '')),
      percent(utilisation.ordersLog, ''),
    ]),
  )

const names = <Name extends string>(record: Readonly<Record<Name, unknown>>): readonly Name[] =>
  Object.keys(record).filter((name): name is Name => name in record)

const socketsTable = (costs: Costs): string =>
  tableOf(
    [
      'open sockets',
      'orders a second',
      'deliveries a second',
      'memory of gateways / workers',
      'gateways for the memory',
      'gateways for the deliveries',
      'gives way first',
      'one event to all',
    ],
    socketSteps.map(step => {
      const need = socketsNeed(costs, step)
      const first = need.gatewaysByMemory >= need.gatewaysByCpu ? 'memory' : 'the thread'
      const isEnough = Math.max(need.gatewaysByMemory, need.gatewaysByCpu) === 1
      return [
        step.toLocaleString('en'),
        rounded(need.ordersPerSecond),
        rounded(need.deliveriesPerSecond),
        `${need.gatewayGiB.toFixed(2)} / ${need.workerGiB.toFixed(2)} GiB`,
        String(need.gatewaysByMemory),
        String(need.gatewaysByCpu),
        isEnough ? 'nothing yet' : first,
        `${need.broadcastSeconds.toFixed(1)} s`,
      ]
    }),
  )

const rounded = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))

const percent = (share: number, plus = '+'): string => `${share > 0 ? plus : ''}${(share * 100).toFixed(0)} %`

const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KiB`
