import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { userOf, type Viewer } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { createGraphQLClient } from '../../testbed/graphql-client.ts'
import { bars, pageSize } from '../../testbed/hostile/bars.ts'
import { createCustomer, fillHistory } from '../../testbed/hostile/customer.ts'
import { some, type Targets } from '../../testbed/hostile/payload.ts'
import { type Scenario, type ScenarioContext, unmet } from '../scenario.ts'
import { fillShelves } from '../shop/shelves.ts'
import { quantile, startVisits } from './crowds.ts'
import { type StrangersSettings, startStrangers } from './strangers.ts'

const pageEveryMs = 25
const checkoutEveryMs = 2_000
const ordinaryMs = 60_000
const unitsOfEach = 10_000_000
const maxSlowdown = 2
const mebibyte = 1024 * 1024
const minuteMs = 60_000
const tokenRenewedMs = 10 * minuteMs
const pageShare = 0.99
// n.b. The 99th percentile of fewer pages is chance.
const comparablePages = 1_000
// n.b. Of too few pages to compare it is enough to see that they are read.
const glanceMs = 1_000

/** The gateway to which the documents are sent. */
export const attackedGateway = 'gateway-1'

/** What was seen while the documents came. */
type Seen = {
  readonly documents: number
  readonly largestBytes: number
  /** The 99th percentile of a page's time beside as many ordinary clients, and beside the hostile ones. */
  readonly ordinaryPageMs: number
  readonly pageMs: number
  readonly pages: number
  readonly checkouts: number
  /** The gateway's, after a garbage collection at the end. */
  readonly heapBytes: number
  readonly problems: readonly string[]
}

/** Fifty clients who send documents made to cost much for so many minutes, and now and then one document sixty times at once. */
export const documents: Scenario = {
  name: 'documents',
  guarantee:
    '50 clients with documents made to cost much: pages and checkouts go on, and the heap stays under 512 MB',
  sizes: { full: 60, short: 0.15 },
  run: async context => {
    const seen = await sendDocuments(context)
    context.show(figuresOf(seen))
    return problemsOf(seen)
  },
}

/** What did not hold. */
const problemsOf = (seen: Seen): readonly string[] => [
  ...seen.problems,
  ...unmet([
    [seen.heapBytes <= bars.heapBytes, `the gateway's heap has ${inMebibytes(seen.heapBytes)} MiB`],
    [
      seen.pages < comparablePages || seen.pageMs <= maxSlowdown * seen.ordinaryPageMs,
      `a page takes ${seen.pageMs} ms (p99), beside ordinary clients ${seen.ordinaryPageMs} ms`,
    ],
    [seen.checkouts > 0, 'nobody could check out'],
  ]),
]

/** The columns of the closing table. */
const figuresOf = (seen: Seen) => [
  { title: 'documents', count: seen.documents },
  { title: 'KiB', count: Math.ceil(seen.largestBytes / 1024) },
  { title: 'page ms', count: Math.round(seen.ordinaryPageMs) },
  { title: 'beside', count: Math.round(seen.pageMs) },
  { title: 'ordered', count: seen.checkouts },
  { title: 'heap MiB', count: inMebibytes(seen.heapBytes) },
]

const inMebibytes = (bytes: number): number => Math.ceil(bytes / mebibyte)

/** Sends the documents, and looks at what they do to others. */
const sendDocuments = async (context: ScenarioContext): Promise<Seen> => {
  const { system, random, size: minutes, advance } = context
  const { url, hostileToken, readerToken, customer, targets } = await openStage(context)
  const seed = random.integer(0, 1_000_000)
  const problems = new Set<string>()
  const note = async (work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => problems.add(messageOf(error)))
  }
  /** Reads pages and does other work for so long beside strangers; resolves with the pages' times and what the strangers saw. */
  const readBeside = async (
    { does, token, ms }: Pick<StrangersSettings, 'does'> & { readonly token: Token; readonly ms: number },
    work: () => readonly Running[] = () => [],
  ) => {
    const pages: number[] = []
    const visit = () => note(async () => pages.push(await customer.readPage()))
    const strangers = startStrangers({ does, url, targets, seed, token: await token() })
    const renew = () => note(async () => strangers.renew(await token()))
    const running = [startVisits(pageEveryMs, visit), startVisits(minuteMs, renew), ...work()]
    await pause(ms)
    const report = await strangers.end()
    for (const each of running) await each.stop()
    for (const problem of report.problems) problems.add(problem)
    return { pages, ...report }
  }

  let checkouts = 0
  const checkOut = async (): Promise<void> => {
    await customer.checkOut(targets.productIds.slice(0, 1))
    checkouts += 1
  }
  const ms = minutes * minuteMs
  const ordinary = await readBeside({
    does: 'read pages',
    token: readerToken,
    ms: ms < comparablePages * pageEveryMs ? glanceMs : Math.min(ordinaryMs, ms),
  })
  const hostile = await readBeside({ does: 'attack', token: hostileToken, ms }, () => [
    startVisits(checkoutEveryMs, () => note(checkOut)),
    startVisits(minuteMs, async () => advance()),
  ])
  const { heapBytes } = await system.processes.askUsage(attackedGateway, 'collect')
  return {
    documents: hostile.sent,
    largestBytes: hostile.largestBytes,
    ordinaryPageMs: quantile(ordinary.pages, pageShare),
    pageMs: quantile(hostile.pages, pageShare),
    pages: hostile.pages.length,
    checkouts,
    heapBytes,
    problems: [...problems],
  }
}

/** A customer with a page full of orders, who is hostile, and one who is not. */
const openStage = async ({ system, shop }: ScenarioContext) => {
  const [hostile, other = hostile] = shop.customers
  const url = system.urlOf(attackedGateway)
  const hostileToken = renewedToken(() => system.accessToken(idOf(hostile)))
  const otherToken = renewedToken(() => system.accessToken(idOf(other)))
  const asking = (token: () => Promise<string>) =>
    createCustomer({
      ask: async (query, variables) => createGraphQLClient(url, await token()).ask(query, variables),
    })
  const products = await fillShelves(shop, pageSize, unitsOfEach)
  const productIds = some(products.map(({ id }) => id))
  const orderIds = await fillHistory(asking(hostileToken), productIds, pageSize)
  const targets: Targets = { productIds, orderIds }
  return { url, hostileToken, readerToken: otherToken, customer: asking(otherToken), targets }
}

type Token = () => Promise<string>

const idOf = (viewer: Viewer): string => userOf(viewer) ?? ''

const renewedToken = (sign: Token): Token => {
  let signed: Promise<string> | undefined
  let signedAtMs = 0
  return () => {
    if (signed !== undefined && Date.now() - signedAtMs < tokenRenewedMs) return signed
    signedAtMs = Date.now()
    signed = sign()
    return signed
  }
}
