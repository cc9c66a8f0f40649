import { getOperationAST, specifiedRules, validate } from 'graphql'
import { expect, it } from 'vitest'
import { millisecondsOfWork } from '../../testbed/core-speed.ts'
import { createAuthorityOf } from '../authorization/authority.ts'
import { someone } from '../authorization/supergraph.fixture.ts'
import { createDocuments } from '../limits/documents.ts'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createClientQueue } from './client-queue.ts'
import { createPlanner } from './plan.ts'

const supergraph = loadSupergraph(readSupergraph())
const silent = new Map(
  supergraph.subgraphs.map(({ name }) => [name, { ask: () => new Promise<never>(() => undefined) }]),
)
const scopes = [
  'users:read',
  'users:manage',
  'orders:read',
  'orders:manage',
  'catalog:write',
  'analytics:read',
]
const staff = createAuthorityOf(supergraph.requirements)(someone(...scopes))
const documents = createDocuments({
  MAX_TOKENS: 2_000,
  MAX_ROOT_FIELDS: 20,
  MAX_ALIASES: 30,
  MAX_DIRECTIVES: 10,
  MAX_DEPTH: 12,
  MAX_SELECTIONS: 1_000,
})

/** Random numbers from 0 to 1, the same for a seed. */
const createRandom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  const mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  const more = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32
}

const product = 'unitsSold name available inStock price { amountMinor currency } sku'

/** Fragments that go from users to orders and back, through five subgraphs at each hop. */
const fragments = (hops: number, condition: () => string) =>
  Array.from(
    { length: hops },
    (_, hop) => `
      fragment U${hop} on User { name email unreadNotificationCount notificationPreferences { channel } ${
        hop === 0
          ? ''
          : `orders(first: 1) ${condition()} { edges { node { ...O${hop - 1} } } }
             notifications(first: 1) { edges { node { title order ${condition()} { ...O${hop - 1} } } } }`
      } }
      fragment O${hop} on Order { number payment { refunds { amount { currency } } } items { product { ${product} } } ${
        hop === 0 ? '' : `customer ${condition()} { ...U${hop - 1} } timeline { by { ...U${hop - 1} } }`
      } }`,
  ).join('')

const roots: readonly ((hop: number) => string)[] = [
  hop => `me { ...U${hop} }`,
  hop => `user(id: "x") { ...U${hop} }`,
  hop => `users(first: 1) { edges { node { ...U${hop} } } }`,
  hop => `order(id: "x") { ...O${hop} }`,
  hop => `orders(first: 1) { edges { node { ...O${hop} } } }`,
  () => `products(first: 1) { edges { node { ${product} } } }`,
  () => `bestSellers { product { ${product} } }`,
]
const mutations: readonly ((hop: number) => string)[] = [
  hop =>
    `cancelOrder(input: { orderId: "x" }) { __typename ... on CancelOrderSuccess { order { ...O${hop} } } }`,
  hop =>
    `updateMe(input: { name: "x" }) { ... on UpdateMeSuccess { user { ...U${hop} } } ... on Failure { message } }`,
]

const documentOf = (random: () => number): string => {
  const pick = <T>(values: readonly T[]): readonly T[] => values.slice(Math.floor(random() * values.length))
  const hops = 1 + Math.floor(random() * 4)
  let conditions = Math.floor(random() * 11)
  const condition = () => (random() < 0.5 && conditions-- > 0 ? `@include(if: $c${conditions % 3})` : '')
  const isMutation = random() < 0.3
  const count = 1 + Math.floor(random() * 20)
  const fields = Array.from({ length: count }, (_, index) => {
    const [root] = pick(isMutation ? mutations : roots)
    return `a${index}: ${root?.(Math.floor(random() * hops))}`
  })
  const variables = '($c0: Boolean = true, $c1: Boolean = true, $c2: Boolean = true, $c9: Boolean)'
  return `${isMutation ? 'mutation' : 'query'} ${variables} { ${fields.join(' ')} } ${fragments(hops, condition)}`
}

const rules = specifiedRules.filter(({ name }) => !/^NoUnused/.test(name))

/** Whether a document is within the limits, and valid but for what it does not use. */
const isAllowed = (text: string): boolean => {
  try {
    return validate(supergraph.schema, documents.parse(text), rules).length === 0
  } catch {
    return false
  }
}

const threadMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

const planned = (planFor: ReturnType<typeof createPlanner>, text: string) => {
  const document = documents.parse(text)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('name one operation')
  return planFor({ query: text, queryHash: text, document, operation, operationName: undefined }, staff, {})
}

/** What it takes to plan a document, of the processor's time, at best. */
const planningMs = async (text: string, times: number): Promise<number> => {
  let best = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time += 1) {
    const planFor = createPlanner(supergraph, silent, createClientQueue())
    const startedAtMs = threadMs()
    await planned(planFor, text)
    best = Math.min(best, threadMs() - startedAtMs)
  }
  return best
}

/** How many times as long as on a usual core, which takes 25 to 50 ms, work takes here: from 1 to 2. */
const slowness = (): number => Math.min(2, Math.max(1, millisecondsOfWork(threadMs) / 50))

it('plans the worst document that is allowed in at most 100 ms of a usual core', {
  timeout: 240_000,
}, async () => {
  const random = createRandom(20_261_128)
  const measured: { readonly text: string; readonly ms: number }[] = []
  while (measured.length < 150) {
    const text = documentOf(random)
    if (isAllowed(text)) measured.push({ text, ms: await planningMs(text, 1) })
  }
  const worst = measured.toSorted((a, b) => b.ms - a.ms).slice(0, 3)
  for (const { text } of worst) {
    const ms = await planningMs(text, 5)
    console.info(`planned in ${ms.toFixed(0)} ms: ${text.replace(/\s+/g, ' ').slice(0, 200)} …`)
    expect(ms / slowness()).toBeLessThan(100)
  }
})

it('plans a document of more than 16 KiB once, as any other one', async () => {
  const fields = Array.from({ length: 30 }, (_, index) => `${'a_long_name_'.repeat(16)}${index}: name`)
  const text = `{ products(first: 1) { edges { node { ${fields.join(' ')} } } } } #${'-'.repeat(11_000)}`
  expect(text.length).toBeGreaterThan(16 * 1024)
  const planFor = createPlanner(supergraph, silent, createClientQueue())
  expect((await planned(planFor, text)).plan).toBe((await planned(planFor, text)).plan)
})
