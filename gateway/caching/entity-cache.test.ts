import type { Viewer } from '@supergraph/runtime/identity.ts'
import { steadyNowMs } from '@supergraph/runtime/steady-clock.ts'
import { expect, it } from 'vitest'
import { createAuthorityOf } from '../authorization/authority.ts'
import { nobody, someone } from '../authorization/supergraph.fixture.ts'
import type { SubgraphAnswer, TakeData } from '../subgraphs/answer.ts'
import type { FetchDocument, SubgraphRequest } from '../subgraphs/call.ts'
import { executionContext } from '../subgraphs/context.fixture.ts'
import { nameOf } from './changed-entities.ts'
import { createEntityCaching } from './entity-cache.ts'
import { createMemoryStore } from './entity-store.ts'
import { shop } from './shop.fixture.ts'

type Representation = { readonly __typename: string; readonly id?: string; readonly sku?: string }
type Variables = Readonly<Record<string, unknown>>

const named =
  'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { name } } }'
const live = named.replace('name }', 'name stock }')
const merged = `query ($r0: [_Any!]!, $r1: [_Any!]!) {
  _e0: _entities(representations: $r0) { ... on Product { name } }
  _e1: _entities(representations: $r1) { ... on Product { stock } }
}`
const bothNamed = merged.replace('stock', 'name')
const since = `query ($representations: [_Any!]!, $since: String) {
  _entities(representations: $representations) { ... on Product { sold(since: $since) } }
}`

const another: Viewer = { kind: 'user', id: 'another', scopes: ['unasked'], sessionId: 'second' }
const product = (id: string): Representation => ({ __typename: 'Product', id })
const listIn = (value: unknown): readonly Representation[] => (Array.isArray(value) ? value : [])

/** A subgraph that counts its answers, behind the cache. */
const openShop = (answerWith: (variables: Variables) => SubgraphAnswer | undefined = () => undefined) => {
  const asked: Variables[] = []
  const memory = createMemoryStore(1_000_000)
  const written: string[] = []
  const store = {
    ...memory,
    noteWriter: async (user: string) => {
      await memory.noteWriter(user)
      written.push('writer noted')
    },
  }
  const caching = createEntityCaching({
    supergraph: shop,
    authorityOf: createAuthorityOf({ types: new Map([['Secret', [[['secrets:read']]]]]), fields: new Map() }),
    store,
    changes: { happened: () => void written.push('change') },
  })
  const client = caching('catalogue', {
    ask: async ({ variables, takeData }) => {
      asked.push(variables())
      if (takeData !== undefined) return { data: {}, text: '{}' }
      const given = answerWith(variables())
      if (given !== undefined) return given
      const entities = (list: unknown) =>
        listIn(list).map(({ id, sku }) => ({ name: `${id ?? sku} by answer ${asked.length}` }))
      const { representations, r0, r1 } = variables()
      return { data: { _entities: entities(representations), _e0: entities(r0), _e1: entities(r1) } }
    },
    stop: async () => undefined,
  })
  const expiries: number[] = []
  const documents = new Map<string, FetchDocument>()
  const ask = (
    query: string,
    variables: Variables,
    viewer: Viewer = nobody,
    takeData?: TakeData,
  ): Promise<SubgraphAnswer> => {
    const isMutation = query.startsWith('mutation')
    const document = documents.get(query) ?? { query, operationName: undefined, isMutation, head: '' }
    documents.set(query, document)
    const request: SubgraphRequest = {
      document,
      takeData,
      variables: () => variables,
      variablesText: () => JSON.stringify(variables),
    }
    return client.ask(request, executionContext({ viewer, expiries }))
  }
  const change = (id: string) => store.forget([nameOf('Product', 'id', id)])
  return { ask, asked, change, expiries, written }
}

const namesIn = ({ data }: SubgraphAnswer, key = '_entities') => {
  const list: unknown = data?.[key]
  return (Array.isArray(list) ? list : []).map(entity => entity?.name)
}

it('sends only the representations whose entities are not kept, and puts all at their places', async () => {
  const { ask, asked } = openShop()
  await ask(named, { representations: [product('1'), product('3')] })
  const answer = await ask(named, { representations: ['0', '1', '2', '3'].map(product) })
  expect(asked.at(-1)).toEqual({ representations: [product('0'), product('2')] })
  expect(namesIn(answer)).toEqual(['0 by answer 2', '1 by answer 1', '2 by answer 2', '3 by answer 1'])
  expect(namesIn(await ask(named, { representations: [product('2')] }))).toEqual(['2 by answer 2'])
  expect(asked).toHaveLength(2)
})

it('reads what it is to keep, though who asks takes answers as texts', async () => {
  const { ask, asked } = openShop()
  for (let time = 0; time < 2; time += 1) {
    const answer = await ask(named, { representations: [product('1')] }, nobody, () => '{}')
    expect(namesIn(answer)).toEqual(['1 by answer 1'])
  }
  expect(asked).toHaveLength(1)
})

it('gives each who asks an answer of their own', async () => {
  const { ask } = openShop()
  await ask(named, { representations: [product('1')] })
  const first = await ask(named, { representations: [product('1')] })
  if (first.data !== null) first.data._entities = 'changed'
  expect(namesIn(await ask(named, { representations: [product('1')] }))).toEqual(['1 by answer 1'])
})

it('keeps nothing of what has no hint, or says that it may not be kept', async () => {
  const { ask, asked } = openShop()
  for (let time = 0; time < 2; time += 1) await ask(live, { representations: [product('1')] })
  expect(asked).toHaveLength(2)
})

it('asks for the fields of a merged request that may not be kept, and for no others', async () => {
  const { ask, asked } = openShop()
  await ask(merged, { r0: [product('1')], r1: [product('1')] })
  const answer = await ask(merged, { r0: [product('1')], r1: [product('1')] })
  expect(asked.at(-1)).toEqual({ r0: [], r1: [product('1')] })
  expect([namesIn(answer, '_e0'), namesIn(answer, '_e1')]).toEqual([['1 by answer 1'], ['1 by answer 2']])
})

it('keeps apart what differs in variables or the authority of who asks', async () => {
  const { ask, asked } = openShop()
  const representations = [product('1')]
  await ask(since, { representations, since: 'May' })
  await ask(since, { representations, since: 'June' })
  await ask(since, { representations, since: 'May' }, someone())
  await ask(since, { representations, since: 'May' }, someone('secrets:read'))
  expect(asked).toHaveLength(4)
  await ask(since, { representations, since: 'May' }, another)
  expect(asked).toHaveLength(4)
})

it('keeps apart what differs in the defaults of variables, and what is null from what is left out', async () => {
  const { ask, asked } = openShop()
  const representations = [product('1')]
  await ask(since.replace('$since: String', '$since: String = "May"'), { representations })
  await ask(since.replace('$since: String', '$since: String = "June"'), { representations })
  await ask(since, { representations })
  await ask(since, { representations, since: null })
  expect(asked).toHaveLength(4)
})

it('forgets an entity that has changed, and does not keep what was read before the change', async () => {
  const { ask, asked, change } = openShop(() => {
    if (asked.length === 2) change('1')
    return undefined
  })
  const read = () => ask(named, { representations: [product('1'), product('2')] })
  await read()
  change('1')
  expect(namesIn(await read())).toEqual(['1 by answer 2', '2 by answer 1'])
  expect(namesIn(await read())).toEqual(['1 by answer 3', '2 by answer 1'])
  expect(namesIn(await read())).toEqual(['1 by answer 3', '2 by answer 1'])
})

it('lets a user who has changed something read past the cache, and nobody join what began before that', async () => {
  const { ask, asked, written } = openShop()
  const representations = [product('1')]
  await ask(named, { representations }, someone())
  await ask('mutation { add { name } }', {}, someone())
  expect(written).toEqual(['writer noted', 'change'])
  await ask(named, { representations }, someone())
  expect(asked).toHaveLength(3)
})

it('keeps no entity of an answer with errors, none that is null, and tells errors by the places asked for', async () => {
  const { ask, asked } = openShop(({ representations }) => {
    const entities = listIn(representations).map(({ id }) => (id === '2' ? null : { name: id }))
    const index = listIn(representations).findIndex(({ id }) => id === 'bad')
    const errors = [{ message: 'broken', path: ['_entities', index, 'name'] }]
    return { data: { _entities: entities }, ...(index !== -1 && { errors }) }
  })
  await ask(named, { representations: [product('1'), product('2')] })
  const answer = await ask(named, { representations: [product('1'), product('2'), product('bad')] })
  expect(asked.at(-1)).toEqual({ representations: [product('2'), product('bad')] })
  expect(answer.errors).toEqual([{ message: 'broken', path: ['_entities', 2, 'name'] }])
  await ask(named, { representations: [product('bad')] })
  expect(asked).toHaveLength(3)
})

it('keeps no entity that is asked for by a key which no event names, since it may change', async () => {
  const { ask, asked } = openShop()
  const representations = [{ __typename: 'Product', sku: '1' }]
  for (let time = 0; time < 2; time += 1) await ask(named, { representations })
  expect(asked).toHaveLength(2)
})

it('tells until when what it gives may be kept', async () => {
  const { ask, expiries } = openShop()
  const atMs = steadyNowMs()
  await ask(named, { representations: [product('1')] })
  expect(expiries).toEqual([])
  await ask(named, { representations: [product('1'), product('2')] })
  expect(expiries).toHaveLength(1)
  expect(expiries[0]).toBeGreaterThanOrEqual(atMs + 60_000)
  expect(expiries[0]).toBeLessThanOrEqual(steadyNowMs() + 60_000)
})

it.each([0, 1, 3, 4])('gives no list if a subgraph answers with %i entities instead of 2', async count => {
  const { ask, asked } = openShop(() =>
    asked.length === 1 ? undefined : { data: { _entities: new Array(count).fill({ name: 'any' }) } },
  )
  await ask(named, { representations: [product('1'), product('2')] })
  const answer = await ask(named, { representations: ['1', '2', '3', '4'].map(product) })
  expect(asked.at(-1)).toEqual({ representations: [product('3'), product('4')] })
  expect(answer.data).toEqual({ _entities: undefined })
})

const down: SubgraphAnswer = { data: null, errors: [{ message: 'catalogue does not answer' }] }
const broken: SubgraphAnswer = { data: null, errors: [{ message: 'broken', path: ['_e1'] }] }

it.each([
  ['its lists failed together', bothNamed, broken],
  ['one of its lists is not kept and they failed together', merged, broken],
  ['one of its lists is not kept and the subgraph does not answer', merged, down],
])('leaves an answer without data as it is if %s', async (_, query, given) => {
  const { ask, asked } = openShop(() => (asked.length === 1 ? undefined : given))
  await ask(query, { r0: [product('1')], r1: [product('1')] })
  expect(await ask(query, { r0: [product('1')], r1: [product('2')] })).toBe(given)
})

it('gives what it keeps when a subgraph does not answer', async () => {
  const { ask, asked } = openShop(() => (asked.length === 1 ? undefined : down))
  const variables = { r0: [product('1')], r1: [product('2')] }
  await ask(bothNamed, variables)
  const answer = await ask(bothNamed, { ...variables, r1: [product('2'), product('3')] })
  expect(answer.errors).toEqual(down.errors)
  expect([namesIn(answer, '_e0'), namesIn(answer, '_e1')]).toEqual([
    ['1 by answer 1'],
    ['2 by answer 1', undefined],
  ])
})
