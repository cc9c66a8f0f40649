import type { Viewer } from '@supergraph/runtime/identity.ts'
import { expect, it } from 'vitest'
import { createAuthorityOf } from '../authorization/authority.ts'
import { nobody, operationIn } from '../authorization/supergraph.fixture.ts'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createClientQueue } from './client-queue.ts'
import { chosen, createOverrideChoices, type Drawer, drawOf, onlyChoice } from './override-choices.ts'
import { movingSupergraph } from './overrides.fixture.ts'
import { createPlanner } from './plan.ts'

const supergraph = loadSupergraph(movingSupergraph())
const clients = new Map(
  supergraph.subgraphs.map(({ name }) => [name, { ask: () => new Promise<never>(() => undefined) }]),
)
const authority = createAuthorityOf(supergraph.requirements)(nobody)
const shares = new Map([['move-rating', 50]])

const labelsOf = (query: string) => [...(supergraph.overrideLabelsOf?.(operationIn(query)) ?? [])].sort()

const createPlanning = (choicesOf = createOverrideChoices(supergraph.overrideLabelsOf, shares)) => {
  const planFor = createPlanner(supergraph, clients, createClientQueue(), undefined, choicesOf)
  return {
    statistics: planFor.statistics,
    plan: async (query: string, drawer: Drawer) =>
      (await planFor({ ...operationIn(query), queryHash: query }, authority, {}, drawer)).plan,
  }
}

const asked = ({ queryPlan, events }: { readonly queryPlan: object; readonly events?: unknown }) =>
  [...JSON.stringify([events, queryPlan]).matchAll(/"serviceName":"(\w+)"/g)].map(([, name]) => name)

it.each([
  ['{ product { name } }', []],
  ['{ product { rating } }', ['move-rating']],
  ['{ product { ...More } } fragment More on Product { rating stars }', ['move-rating', 'percent(30)']],
  ['{ product { postage } }', ['percent(12.5)']],
  ['{ found { ... on Product { stars } ... on Tool { power } } }', ['move/power', 'percent(30)']],
  ['subscription { productChanged { rating } }', ['move-rating']],
])('knows the labels that decide how to plan %s', (query, labels) => {
  expect(labelsOf(query)).toEqual(labels)
})

it('knows nothing of labels in a supergraph without them, and then draws nothing', () => {
  const { overrideLabelsOf } = loadSupergraph(readSupergraph())
  expect(overrideLabelsOf).toBeUndefined()
  expect(createOverrideChoices(overrideLabelsOf, shares)(operationIn('{ me { id } }'))).toBe(onlyChoice)
})

it('has one choice more than labels at most, and none for a share of nothing or of all', () => {
  const choicesOf = (given: ReadonlyMap<string, number>) =>
    createOverrideChoices(supergraph.overrideLabelsOf, given)(operationIn('{ product { rating stars } }'))
  const kinds = (share: number) =>
    choicesOf(new Map([['move-rating', share]])).map(({ from, on }) => [from, ...on])
  expect(kinds(50)).toEqual([[0, 'move-rating', 'percent(30)'], [30, 'move-rating'], [50]])
  expect(kinds(30)).toEqual([[0, 'move-rating', 'percent(30)'], [30]])
  expect(kinds(100)).toEqual([
    [0, 'move-rating', 'percent(30)'],
    [30, 'move-rating'],
  ])
  expect(kinds(0)).toEqual([[0, 'percent(30)'], [30]])
  expect(choicesOf(new Map())).toEqual(choicesOf(new Map([['move-rating', 0]])))
})

it('gives each user the same draw each time, spreads users evenly, and draws anew for guests', () => {
  const user = (index: number): Viewer => ({
    kind: 'user',
    id: `019ab1c2-0000-7000-8000-${String(index).padStart(12, '0')}`,
    scopes: [],
    sessionId: String(Math.random()),
  })
  const draws = Array.from({ length: 2_000 }, (_, index) => drawOf(user(index)))
  expect(draws.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, index) => drawOf(user(index))))
  // n.b. six standard deviations of 2,000 draws at 25 % are 116
  expect(Math.abs(draws.filter(draw => draw < 25).length - 500)).toBeLessThan(116)
  expect(draws.every(draw => draw >= 0 && draw < 100)).toBe(true)
  expect(new Set(Array.from({ length: 20 }, () => drawOf(nobody))).size).toBe(20)
})

it('takes a share that grows from nobody who had it', () => {
  const query = operationIn('{ product { rating } }')
  const isOn = (share: number, draw: number) =>
    chosen(createOverrideChoices(supergraph.overrideLabelsOf, new Map([['move-rating', share]]))(query), {
      draw,
    }).on.length > 0
  for (let draw = 0; draw < 100; draw += 0.5)
    for (let share = 0; share <= 100; share += 5) expect(isOn(share, draw)).toBe(draw < share)
})

it('plans an operation once for each choice that it has, and asks the subgraph that the choice says', async () => {
  const { plan, statistics } = createPlanning()
  const query = '{ product { rating } }'
  const moved = await plan(query, { draw: 10 })
  const stayed = await plan(query, { draw: 60 })
  expect([asked(moved), asked(stayed)]).toEqual([['products', 'reviews'], ['products']])
  for (const draw of [0, 10, 49.9]) expect(await plan(query, { draw })).toBe(moved)
  for (const draw of [50, 60, 99.9]) expect(await plan(query, { draw })).toBe(stayed)
  expect(statistics().planned).toBe(2)
  expect([moved.overrides, stayed.overrides]).toEqual(['move-rating', ''])
  const all = Array.from({ length: 100 }, (_, draw) => draw)
  for (const draw of all) await plan('{ product { name } }', { draw })
  expect(statistics().planned).toBe(3)
  for (const draw of all) await plan('{ product { rating stars postage } }', { draw })
  expect(statistics().planned).toBe(7)
})

it('moves what another field requires, and what completes the events of a subscription', async () => {
  const { plan } = createPlanning()
  expect(asked(await plan('{ product { postage } }', { draw: 12 }))).toEqual([
    'products',
    'scales',
    'shipping',
  ])
  expect(asked(await plan('{ product { postage } }', { draw: 13 }))).toEqual(['products', 'shipping'])
  const events = 'subscription { productChanged { rating } }'
  expect(asked(await plan(events, { draw: 1 }))).toEqual(['products', 'reviews'])
  expect(asked(await plan(events, { draw: 99 }))).toEqual(['products'])
})

it('tells the thread that plans large operations which labels are on', async () => {
  const requests: unknown[] = []
  const background = {
    plan: async (request: object) => {
      requests.push(request)
      return 'failed' as const
    },
  }
  const choicesOf = createOverrideChoices(supergraph.overrideLabelsOf, shares)
  const planFor = createPlanner(supergraph, clients, createClientQueue(), background, choicesOf)
  const query = `{ product { ${Array.from({ length: 70 }, (_, index) => `a${index}: rating`).join(' ')} } }`
  const planned = (draw: number) =>
    planFor({ ...operationIn(query), queryHash: query }, authority, {}, { draw })
  expect(asked((await planned(1)).plan)).toEqual(['products', 'reviews'])
  expect(asked((await planned(99)).plan)).toEqual(['products'])
  expect(requests).toEqual([
    expect.objectContaining({ on: ['move-rating'] }),
    expect.objectContaining({ on: [] }),
  ])
})
