import { hash } from 'node:crypto'
import { expect, it, onTestFinished, vi } from 'vitest'
import { parseAnswer, startGatewayUnderTest } from './gateway-under-test.ts'

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

const refused: readonly [document: string, figures: object][] = [
  [`{ ${'whoAsksProducts '.repeat(2_000)} }`, { limit: 'tokens', allowed: 2_000 }],
  [`{ ${'whoAsksProducts '.repeat(21)} }`, { limit: 'rootFields', allowed: 20, found: 21 }],
  [`{ products { ${times(31, index => `a${index}: id`)} } }`, { limit: 'aliases', allowed: 30, found: 31 }],
  [
    `{ products { id ${'@include(if: true) '.repeat(11)} } }`,
    { limit: 'directives', allowed: 10, found: 11 },
  ],
  [`{ ${'a {'.repeat(13)} a ${'}'.repeat(13)} }`, { limit: 'depth', allowed: 12, found: 14 }],
  [
    `{ products { ...F0 } } ${times(14, n => `fragment F${n} on Product { ${n === 13 ? 'id' : `...F${n + 1} ...F${n + 1}`} }`)}`,
    { limit: 'selections', allowed: 1_000, found: 24_576 },
  ],
  ['{a'.repeat(100_000), { limit: 'nesting', allowed: 100 }],
  [`{ ${'... {'.repeat(2_000)} __typename ${'}'.repeat(2_000)} }`, { limit: 'nesting', allowed: 100 }],
  [`{ product(id: ${'['.repeat(900)}`, { limit: 'nesting', allowed: 100 }],
  [`query ${'Q'.repeat(125_000)} { whoAsksProducts }`, { limit: 'name', allowed: 200 }],
]
const errorsFor = (figures: object) => [
  { message: expect.stringMatching(/\d+.*: /), extensions: { code: 'OPERATION_TOO_LARGE', ...figures } },
]

it('refuses documents that are past a limit by POST and GET, before a subgraph is asked', async () => {
  const { post, origin, products } = await startGatewayUnderTest()
  for (const [document, figures] of refused) {
    const { status, body } = await post(document)
    expect({ status, body }).toEqual({ status: 400, body: { errors: errorsFor(figures) } })
    if (document.length > 8_000) continue
    const url = `${origin}/graphql?query=${encodeURIComponent(document)}`
    const got = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } })
    expect([got.status, parseAnswer(await got.text())]).toEqual([400, { errors: errorsFor(figures) }])
  }
  expect(products.received).toEqual([])
})

it('refuses the same documents over WebSocket, as queries and as subscriptions, and goes on', async () => {
  const { rawSocket, products } = await startGatewayUnderTest()
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  for (const [index, [document, figures]] of refused.entries()) {
    for (const kind of ['query', 'subscription']) {
      const query = document.startsWith('{') ? `${kind} ${document}` : document.replace('query', kind)
      send({ id: `${kind} ${index}`, type: 'subscribe', payload: { query } })
      await vi.waitFor(() =>
        expect(messages.at(-1)).toEqual({
          id: `${kind} ${index}`,
          type: 'error',
          payload: errorsFor(figures),
        }),
      )
    }
  }
  send({ id: 'last', type: 'subscribe', payload: { query: '{ whoAsksProducts }' } })
  await vi.waitFor(() => expect(messages.at(-1)).toEqual({ id: 'last', type: 'complete' }))
  expect(products.received).toHaveLength(1)
})

it('takes the limits from its settings', async () => {
  const { post } = await startGatewayUnderTest({ MAX_ROOT_FIELDS: '1', MAX_ALIASES: '40' })
  const two = await post('{ whoAsksProducts whoAsksOrders }')
  expect(two.body.errors).toMatchObject([{ extensions: { limit: 'rootFields', allowed: 1, found: 2 } }])
  expect((await post(`{ products { ${times(40, index => `a${index}: id`)} } }`)).status).toBe(200)
})

it('registers no document by its hash that it would not take in full', async () => {
  const { origin } = await startGatewayUnderTest()
  const query = `{ ${'whoAsksProducts '.repeat(21)} }`
  const sha256Hash = hash('sha256', query)
  const ask = async (body: object) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    })
    return response.json()
  }
  expect(await ask({ query })).toMatchObject({ errors: [{ extensions: { code: 'OPERATION_TOO_LARGE' } }] })
  expect(await ask({})).toMatchObject({ errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] })
})

it('says what to do if a document has too many mistakes to name them all, or fields that are too many to compare', async () => {
  const { post } = await startGatewayUnderTest({ MAX_SELECTIONS: '10000' })
  const mistakes = await post(`{ products { ${times(300, index => `unknown${index}`)} } }`)
  expect(mistakes.status).toBe(400)
  expect(mistakes.body.errors).toHaveLength(101)
  expect(mistakes.body.errors?.at(-1)?.message).toContain('more errors than these 100')
  const overlapping = await post(`{ products { ${'id '.repeat(1_900)} } }`)
  expect(overlapping.status).toBe(400)
  expect(overlapping.body.errors?.[0]?.message).toContain('select each field once')
})

const nestedTexts = [
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`,
]

it('closes a socket with 4400 if the payload of its ping is nested too deep, and names the figure', async () => {
  const { rawSocket } = await startGatewayUnderTest()
  const { sendText, messages, closed } = await rawSocket()
  const ping = (value: string) => `{"type":"ping","payload":{"a":${value}}}`
  sendText('{"type":"connection_init"}')
  sendText(ping(`${'['.repeat(99)}${']'.repeat(99)}`))
  await vi.waitFor(() => expect(messages).toHaveLength(2))
  sendText(ping(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))
  expect(await closed).toEqual({ code: 4400, reason: 'Nested more than 100 deep' })
})

it.each(
  nestedTexts,
)('answers or closes a socket in words, whatever of a message is nested 100,000 deep', async nested => {
  const printed = vi.spyOn(console, 'error')
  onTestFinished(() => printed.mockRestore())
  const { rawSocket } = await startGatewayUnderTest()
  const subscribe = (payload: string) => `{"id":"1","type":"subscribe","payload":{${payload}}}`
  const query = '"query":"{ whoAsksProducts }"'
  const refusal = { id: '1', type: 'error', payload: errorsFor({ limit: 'nesting', allowed: 100 }) }
  const answered = { id: '1', type: 'complete' }
  for (const [text, end] of [
    [nested, 4400],
    [`{"type":${nested}}`, 4400],
    [`{"id":${nested},"type":"complete"}`, 4400],
    [`{"type":"ping","payload":{"a":${nested}}}`, 4400],
    [`{"type":"ping","other":${nested}}`, { type: 'pong' }],
    [subscribe(`"query":${nested}`), 4400],
    [subscribe(`${query},"operationName":${nested}`), 4400],
    [subscribe(`${query},"variables":{"a":${nested}}`), refusal],
    [
      subscribe(
        `"query":"subscription { priceChanged(productId: 1) { amountMinor } }","variables":{"a":${nested}}`,
      ),
      refusal,
    ],
    [subscribe(`${query},"extensions":{"a":${nested}}`), answered],
  ] as const) {
    const { sendText, messages, closed } = await rawSocket()
    sendText('{"type":"connection_init"}')
    await vi.waitFor(() => expect(messages).toHaveLength(1))
    sendText(text)
    if (typeof end === 'number')
      expect(await closed).toMatchObject({ code: end, reason: expect.stringMatching(/\w/) })
    else await vi.waitFor(() => expect(messages).toContainEqual(end))
  }
  expect(printed).not.toHaveBeenCalled()
})

it.each(
  nestedTexts,
)('refuses a request in words, whatever of its body is nested 100,000 deep', async nested => {
  const { origin } = await startGatewayUnderTest()
  const query = '"query":"{ whoAsksProducts }"'
  for (const text of [
    nested,
    `{"query":${nested}}`,
    `{${query},"operationName":${nested}}`,
    `{${query},"variables":{"a":${nested}}}`,
    `{${query},"extensions":{"a":${nested}}}`,
    `{${query},"extensions":{"persistedQuery":${nested}}}`,
    `{${query},"other":${nested}}`,
  ]) {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    })
    const answer = {
      text: text.slice(0, 60),
      status: response.status,
      body: parseAnswer(await response.text()),
    }
    const errors = errorsFor({ limit: 'nesting', allowed: 100 })
    expect(answer).toEqual({ text: text.slice(0, 60), status: 400, body: { errors } })
  }
})

const nestedList = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
const cost = (found: number) => ({ limit: 'cost', allowed: 12, found })
const costly: readonly [query: string, variables: object, figures: object][] = [
  ['{ products { id name timesOrdered } }', {}, cost(13)],
  [
    'query ($all: Boolean!) { products @include(if: $all) { id name timesOrdered } }',
    { all: true },
    cost(13),
  ],
  [
    'mutation { a: renameProduct(id: 1, name: "a") { id } b: renameProduct(id: 2, name: "b") { id } }',
    {},
    cost(21),
  ],
  [
    'query ($id: ID!) { product(id: $id) { id } }',
    { id: nestedList(101) },
    { limit: 'nesting', allowed: 100 },
  ],
  ['{ product(id: 1) { id } }', { unused: nestedList(2_000) }, { limit: 'nesting', allowed: 100 }],
  [
    '{ product(id: 1) { id } }',
    { unused: Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`field${index}`, index])) },
    { limit: 'values', allowed: 5_000 },
  ],
  [
    '{ product(id: 1) { id } }',
    { unused: Array.from({ length: 24_000 }, (_, index) => index) },
    { limit: 'values', allowed: 5_000 },
  ],
  [
    '{ product(id: 1) { id } }',
    { unused: Array.from({ length: 50 }, () => Array.from({ length: 100 }, () => 1)) },
    { limit: 'values', allowed: 5_000 },
  ],
]

it('refuses what costs too much with the values of its variables, before a subgraph is asked', async () => {
  const { post, products } = await startGatewayUnderTest({ MAX_COST: '12' })
  for (const [query, variables, figures] of costly) {
    const { status, body } = await post(query, {}, variables)
    expect({ status, body }).toEqual({ status: 400, body: { errors: errorsFor(figures) } })
  }
  expect(products.received).toEqual([])
  const [, [query = ''] = []] = costly
  expect((await post('{ products { id name } }')).status).toBe(200)
  expect((await post(query, {}, { all: false })).body).toEqual({ data: {} })
})

it('refuses what takes too many requests to subgraphs, each time, over WebSocket too', async () => {
  const { post, rawSocket, products, orders } = await startGatewayUnderTest({ MAX_FETCHES: '2' })
  const twice = '{ a: product(id: 1) { timesOrdered } b: product(id: 2) { timesOrdered } }'
  const errors = errorsFor({ limit: 'fetches', allowed: 2, found: 3 })
  for (const _time of [1, 2]) {
    const { status, body } = await post(twice)
    expect({ status, body }).toEqual({ status: 400, body: { errors } })
  }
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  send({ id: '1', type: 'subscribe', payload: { query: twice } })
  await vi.waitFor(() => expect(messages).toContainEqual({ id: '1', type: 'error', payload: errors }))
  expect([...products.received, ...orders.received]).toEqual([])
  expect((await post('{ product(id: 1) { timesOrdered } }')).status).toBe(200)
})

it('refuses the same over WebSocket, subscriptions too', async () => {
  const { rawSocket, products } = await startGatewayUnderTest({ MAX_COST: '12' })
  const { send, messages } = await rawSocket()
  send({ type: 'connection_init' })
  await vi.waitFor(() => expect(messages).toHaveLength(1))
  const subscription = `subscription { priceChanged(productId: 1) { ${times(12, index => `a${index}: product { id }`)} } }`
  for (const [id, [query, variables, figures]] of [
    ...costly,
    [subscription, {}, cost(15)] as const,
  ].entries()) {
    send({ id: String(id), type: 'subscribe', payload: { query, variables } })
    await vi.waitFor(() =>
      expect(messages).toContainEqual({ id: String(id), type: 'error', payload: errorsFor(figures) }),
    )
  }
  expect(products.received).toEqual([])
})
