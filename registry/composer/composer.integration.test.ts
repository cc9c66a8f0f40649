import { setImmediate } from 'node:timers/promises'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { lintSchema } from '../api/lint.ts'
import { type Composer, createComposers } from './composer.ts'

const users = [{ name: 'users', url: 'http://users', sdl: 'type Query { me: Int }' }]

/** Subgraphs whose composition takes minutes: an entity with seven keys leads from each to each other. */
const slow = Array.from({ length: 200 }, (_, index) => ({
  name: `subgraph${index}`,
  url: 'http://subgraph',
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
    type Query { root${index}: Node @shareable }
    type Node @key(fields: "a${index % 7}") @key(fields: "a${(index + 1) % 7}") {
      ${Array.from({ length: 7 }, (_, key) => `a${key}: ID! @shareable`).join(' ')}
      field${index}: Int next${index}: Node
    }`,
}))

const open = (options?: Parameters<typeof createComposers>[0]) => {
  const composers = createComposers(options)
  onTestFinished(composers.stop)
  return { ...composers, ...composers.composerOf(undefined) }
}

it('says what the same code says without a thread', async () => {
  const composer = open()
  const composition = await composer.compose(users)
  expect(composition).toEqual(composeSubgraphs(users))
  const broken = [{ ...users[0], name: 'users', url: '', sdl: 'type Query { me: Missing }' }]
  expect(await composer.compose(broken)).toEqual(composeSubgraphs(broken))
  const operations = [{ file: 'Me', text: 'query Me { you }' }]
  expect(await composer.check({ subgraphs: users, composition, operations }, undefined)).toMatchObject({
    changes: [{ code: 'OPERATION_INVALID', operations: ['Me'] }],
  })
})

it.each([
  ['lints', (composer: Composer) => lintSchema({ composer }, { sdl: 'type Query { a: Int }' })],
  ['parses', ({ demandGraphql }: Composer) => demandGraphql([{ what: 'a schema', text: 'type Query' }])],
  ['validates', ({ validate }: Composer) => validate({ apiSdl: 'type Query { a: Int }', operations: [] })],
])('%s while the process goes on', async (_title, act) => {
  const ended: string[] = []
  const acting = act(open()).then(() => ended.push('work'))
  await setImmediate()
  ended.push('turn of the event loop')
  await acting
  expect(ended).toEqual(['turn of the event loop', 'work'])
})

it.each([
  [
    'no GraphQL',
    'type Query {',
    'the schema is no GraphQL: Syntax Error: Expected Name, found <EOF>. (line 1, column 13)',
  ],
  [
    'too many levels',
    `type Query @a(b: ${'['.repeat(100_000)}) { c: Int }`,
    'the schema has too many levels',
  ],
])('refuses %s, and goes on with the next', async (_title, sdl, message) => {
  const composer = open()
  await expect(lintSchema({ composer }, { sdl })).rejects.toThrow(message)
  expect(await composer.compose(users)).toMatchObject({ kind: 'composed' })
})

it('ends its thread when there is nothing to do, and starts another', async () => {
  const composer = open({ idleMs: 1 })
  const composition = await composer.compose(users)
  await vi.waitFor(() => expect(composer.isLoaded()).toBe(false))
  expect(await composer.compose(users)).toEqual(composition)
})

it('gives up what takes too long, and goes on with the next', async () => {
  const composer = open({ withinMs: 1_000 })
  await composer.compose(users)
  const late = composer.compose(slow)
  const next = composer.compose(users)
  await expect(late).rejects.toThrow('it takes more than 1 s to compose this')
  expect(await next).toMatchObject({ kind: 'composed' })
})

it('lets keys take turns, and refuses one of which too much waits', async () => {
  const { composerOf } = open()
  const ended: string[] = []
  const begin = (key: string) =>
    composerOf(key)
      .compose(users)
      .then(() => ended.push(key))
  const greedy = Promise.allSettled(Array.from({ length: 60 }, () => begin('greedy')))
  await begin('modest')
  expect(ended).toEqual(['greedy', 'modest'])
  const refused = (await greedy).filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(9)
  expect(refused[0]).toMatchObject({
    reason: {
      code: 'SERVICE_UNAVAILABLE',
      message: '50 requests of this key wait already: send this one again later',
    },
  })
})
