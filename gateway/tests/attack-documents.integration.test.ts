import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')
const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}${close.repeat(depth)}`
const ask = (query: string, variables?: object) => JSON.stringify({ query, variables })
/** The payload with variables in JSON of the attacker's own. */
const withVariables = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`
const byId = 'query ($id: ID!) { product(id: $id) { id } }'
const onDays = 'query ($days: [Date!]) { onDay(days: $days) }'
const chain = (length: number) =>
  `{ products { ...F0 } } ${times(length, n => `fragment F${n} on Product { ${n + 1 === length ? 'id' : `...F${n + 1} ...F${n + 1}`} }`)}`

/** Each is refused, and asks no subgraph for anything. */
const refused: Readonly<Record<string, string>> = {
  'fields inside fields': ask(`{ ${'a {'.repeat(50)} a ${'}'.repeat(50)} }`),
  'a hundred thousand brackets': ask('{a'.repeat(50_000)),
  'inline fragments inside each other': ask(`{ ${nested(2_000, '... {', '}')} }`),
  'lists inside lists in the document': ask(`{ product(id: ${nested(900, '[', ']')}) { id } }`),
  'objects inside objects in the document': ask(
    `{ product(id: ${'{a:'.repeat(900)}1${'}'.repeat(900)}) { id } }`,
  ),
  'the same field many times': ask(`{ products { ${'id '.repeat(1_999)} } }`),
  'the same root field many times': ask(`{ ${'whoAsksProducts '.repeat(21)} }`),
  'many aliases': ask(`{ products { ${times(31, n => `a${n}: id`)} } }`),
  'many aliases of a root field': ask(`{ ${times(21, n => `a${n}: whoAsksProducts`)} }`),
  'many directives': ask(`{ products { id ${'@include(if: true) '.repeat(11)} } }`),
  'many directives that there are not': ask(`{ products { id ${'@a '.repeat(1_000)} } }`),
  'many directives on the operation': ask(`query ${'@a '.repeat(500)} { whoAsksProducts }`),
  'more tokens than are allowed': ask(`{ ${times(2_000, n => `f${n}`)} }`),
  'more comments than are allowed': ask(`${'#\n'.repeat(2_001)} { whoAsksProducts }`),
  'a name of 100 KB': ask(`query ${'Q'.repeat(100_000)} { whoAsksProducts }`),
  'an alias of 100 KB': ask(`{ ${'a'.repeat(100_000)}: whoAsksProducts }`),
  'a fragment that spreads itself': ask('{ products { ...F } } fragment F on Product { id ...F }'),
  'fragments that spread each other': ask(
    '{ products { ...A } } fragment A on Product { ...B } fragment B on Product { ...C } fragment C on Product { ...A }',
  ),
  'fragments that double': ask(chain(30)),
  'a fragment that is not used, and cyclic': ask('{ whoAsksProducts } fragment F on Product { ...F }'),
  'a fragment that there is not': ask('{ products { ...F } }'),
  'thousands of variables': ask(`query (${times(600, n => `$v${n}: Int`)}) { whoAsksProducts }`),
  'a variable of the same name twice': ask('query ($a: Int, $a: Int) { whoAsksProducts }'),
  'a type of a variable in a thousand lists': ask(
    `query ($a: ${nested(900, '[', ']').replace('[]', '[Int]')}) { whoAsksProducts }`,
  ),
  'a default that does not end': ask(`query ($a: ID = ${'['.repeat(500)}) { product(id: $a) { id } }`),
  'fields whose arguments differ': ask('{ product(id: 1) { id } product(id: 2) { id } }'),
  'two operations without a name': ask('{ whoAsksProducts } { whoAsksOrders }'),
  'two operations of one name': ask('query A { whoAsksProducts } query A { whoAsksOrders }'),
  'a definition of a type': ask('type Evil { id: ID } query { whoAsksProducts }'),
  'an extension of the schema': ask('extend type Query { evil: String } { whoAsksProducts }'),
  _entities: ask('{ _entities(representations: [{ __typename: "Product", id: "1" }]) { __typename } }'),
  _service: ask('{ _service { sdl } }'),
  'a NUL in the document': ask('{ whoAsksProducts \0 }'),
  'a lone surrogate in the document': ask('{ product(id: "\ud800") { id } }'),
  'an escaped lone surrogate': ask('{ product(id: "\\ud800") { id } }'),
  'a byte order mark in the middle of a name': ask('{ whoAsks\ufeffProducts }'),
  'letters of another alphabet': ask('{ whоAsksPrоducts }'),
  'a string that does not end': ask(`{ product(id: "${'x'.repeat(50_000)}) { id } }`),
  'a block string that does not end': ask(`{ product(id: """${'x'.repeat(50_000)}) { id } }`),
  'a number of 50 KB': ask(`{ product(id: ${'9'.repeat(50_000)}x) { id } }`),
  'an escape past Unicode': ask('{ product(id: "\\u{FFFFFFFF}") { id } }'),
  'a document of nothing': ask(' '),
  'a document of commas': ask(','.repeat(100_000)),
  'lists inside lists in a variable': withVariables(byId, `{"id":${nested(5_000, '[', ']')}}`),
  'objects inside objects in a variable': withVariables(
    byId,
    `{"id":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
  ),
  'a variable that is not used, nested deep': withVariables(
    '{ whoAsksProducts }',
    `{"a":${nested(5_000, '[', ']')}}`,
  ),
  'an object with __proto__ for an id': withVariables(byId, '{"id":{"__proto__":{"id":"1"}}}'),
  'ten thousand bad values': ask(onDays, { days: Array.from({ length: 10_000 }, () => '2026-02-30') }),
  'nothing for what must be something': withVariables(byId, '{"__proto__":{"id":"1"}}'),
  'the page of the costliest size': ask('query ($n: Int!) { many(count: $n, distinct: 1) { id } }', {
    n: 2 ** 31,
  }),
  'a mutation in many aliases': ask(
    `mutation { ${times(21, n => `a${n}: renameProduct(id: 1, name: "x") { id }`)} }`,
  ),
  'a hash that belongs to another text': JSON.stringify({
    query: '{ whoAsksProducts }',
    extensions: { persistedQuery: { version: 1, sha256Hash: hash('sha256', '{ whoAsksOrders }') } },
  }),
}

/** Each is legal, if odd, and answered as any other. */
const harmless: Readonly<Record<string, string>> = {
  'an alias __proto__': ask('{ __proto__: whoAsksProducts }'),
  'aliases of what objects have': ask(
    '{ constructor: whoAsksProducts toString: whoAsksProducts hasOwnProperty: whoAsksOrders }',
  ),
  'an alias inside an object': ask('{ products { __proto__: id constructor: name } }'),
  'a variable with the name constructor': ask(
    'query ($constructor: ID!) { product(id: $constructor) { id } }',
    { constructor: '1' },
  ),
  'variables with __proto__ beside': withVariables(byId, '{"id":"1","__proto__":{"polluted":true}}'),
  'an operation with the name __proto__': ask('query __proto__ { whoAsksProducts }'),
  'a fragment with the name constructor': ask(
    '{ products { ...constructor } } fragment constructor on Product { id }',
  ),
  'keys that come twice': '{"query":"{","query":"{ whoAsksProducts }"}',
  'keys that nobody asked for': '{"query":"{ whoAsksProducts }","__proto__":{"query":"{"},"constructor":1}',
  'a byte order mark before the document': ask('\ufeff{ whoAsksProducts }'),
  'an id of a NUL': ask(byId, { id: '\0' }),
  'an id of a lone surrogate': withVariables(byId, '{"id":"\\ud800"}'),
  'an id of another direction': ask(byId, { id: '\u202e1\u2066' }),
  'an id of ten thousand letters': ask(byId, { id: 'x'.repeat(10_000) }),
  'what is skipped': ask(
    `{ whoAsksProducts ${times(9, n => `... @skip(if: true) { a${n}: whoAsksOrders }`)} }`,
  ),
}

const event = z.object({ type: z.string(), payload: z.unknown().optional() })
const answer = z.object({ data: z.unknown().optional(), errors: z.array(z.unknown()).optional() })
const json = { 'content-type': 'application/json' }

const attack = async (payload: string) => {
  const gateway = await startGatewayUnderTest()
  const url = `${gateway.origin}/graphql`
  const overHttp = await fetch(url, { method: 'POST', headers: json, body: payload })
  const httpText = await overHttp.text()
  const overEvents = await fetch(url, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream' },
    body: payload,
  })
  const eventText = await overEvents.text()
  const { sendText, rawMessages, closed } = await gateway.rawSocket()
  let isClosed = false
  void closed.then(() => {
    isClosed = true
  })
  sendText('{"type":"connection_init"}')
  await expect.poll(() => rawMessages).toHaveLength(1)
  sendText(`{"id":"1","type":"subscribe","payload":${payload}}`)
  await expect.poll(() => isClosed || rawMessages.length > 1).toBe(true)
  const socketText = rawMessages[1]
  return {
    http: { status: overHttp.status, ...answer.parse(JSON.parse(httpText)) },
    events: { status: overEvents.status, text: eventText },
    socket: socketText === undefined ? await closed : event.parse(JSON.parse(socketText)),
    texts: [httpText, eventText, ...rawMessages].join('\n'),
    asked: [gateway.products, gateway.orders, gateway.users].flatMap(({ received }) => received).length,
    goesOn: (await gateway.post('{ whoAsksProducts }')).body,
  }
}

const working = { data: { whoAsksProducts: 'anonymous' } }

it.for(Object.entries(refused))('refuses %s in words, over HTTP, as events and on sockets', async ([
  ,
  payload,
]) => {
  const { http, events, socket, texts, asked, goesOn } = await attack(payload)
  expect(http).toMatchObject({ status: expect.toSatisfy(status => status >= 400 && status < 500) })
  expect(http.data ?? null).toBeNull()
  expect(http.errors).not.toEqual([])
  if (events.status === 200) expect(events.text).toMatch(/"errors":\[\{/)
  else expect(events.status).toBeLessThan(500)
  expect(events.text).not.toMatch(/"data":\{/)
  if ('code' in socket) expect(socket.code).toBeGreaterThanOrEqual(4_400)
  else expect(socket).toMatchObject({ type: 'error', payload: expect.toSatisfy(errors => errors.length > 0) })
  expect(texts).not.toContain('INTERNAL_SERVER_ERROR')
  expect(asked).toBe(0)
  expect(goesOn).toEqual(working)
})

it.for(Object.entries(harmless))('answers %s as any other, over HTTP, as events and on sockets', async ([
  ,
  payload,
]) => {
  const { http, events, socket, texts, goesOn } = await attack(payload)
  expect(http).toMatchObject({ status: 200, data: expect.anything() })
  expect(http.errors).toBeUndefined()
  expect([events.status, events.text]).toEqual([200, expect.stringContaining('"data":{')])
  expect(socket).toMatchObject({ type: 'next', payload: { data: http.data } })
  expect(texts).not.toContain('INTERNAL_SERVER_ERROR')
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect(goesOn).toEqual(working)
})
