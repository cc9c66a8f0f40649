import { createHash } from 'node:crypto'
import { type Family, nested, numbered, operation, type Payload } from './payload.ts'

const body = (bytes: string | Uint8Array): Payload => ({ kind: 'body', body: bytes })

const messages = (texts: readonly string[], isAcknowledged = true): Payload => ({
  kind: 'messages',
  messages: texts,
  isAcknowledged,
})

const listOf = <T>(count: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => item(index))

const subscribe = (id: string, query: string): string =>
  JSON.stringify({ id, type: 'subscribe', payload: { query } })

/** Abuse of what carries documents: JSON, persisted queries, bytes, messages. */
export const protocols = {
  'a query in brackets': count => body(`{"query":${nested(count, '[', '"{ __typename }"', ']')}}`),
  'variables in brackets': count =>
    body(`{"query":"{ __typename }","variables":${nested(count, '{"a":', '1', '}')}}`),
  'an input in brackets': count =>
    body(
      `{"query":"query ($f: ProductFilter) { products(filter: $f) { edges { cursor } } }","variables":{"f":${nested(count, '{"search":', '"a"', '}')}}}`,
    ),
  'an id in brackets': count =>
    body(
      `{"query":"subscription ($i: [ID!]!) { productStockChanged(productIds: $i) { available } }","variables":{"i":${nested(count, '[', '"a"', ']')}}}`,
    ),
  'extensions in brackets': count =>
    body(`{"query":"{ __typename }","extensions":${nested(count, '{"a":[', '1', ']}')}}`),
  'a batch': count => body(JSON.stringify(listOf(count, () => ({ query: '{ me { id } }' })))),
  'parts of the wrong type': (count, { random }) =>
    operation(random.pick<unknown>([count, null, true, ['{ me { id } }'], { a: 1 }, '']), {
      variables: random.pick<unknown>(['x', count, [1], null, true]),
      operationName: random.pick<unknown>([count, {}, [], null]),
      extensions: random.pick<unknown>(['x', count, [1], null]),
    }),
  'keys of a body': count => body(`{"query":"{ me { id } }",${numbered('k', count).slice(1)}`),
  'one key again and again': count =>
    body(`{${'"query":"{ me { id } }",'.repeat(count)}"query":"{ __typename }"}`),
  prototypes: count =>
    body(
      `{"query":"{ __typename }","variables":{"__proto__":${nested(count, '{"constructor":', '1', '}')}}}`,
    ),
  'bytes that are no text': (count, { random }) =>
    body(Buffer.from(listOf(count, () => random.integer(0, 255)))),
  'a text cut off': count => body(`{"query":"${'x'.repeat(count)}`),
  'nothing but blanks': count => body(`${' '.repeat(count)}{"query":"{ __typename }"}\u0000`),
  'broken UTF-8 in a string': count =>
    body(Buffer.concat([Buffer.from('{"query":"{ a'), Buffer.alloc(count, 0xc3), Buffer.from('" }')])),
  'a persisted query of another hash': (count, { random }) =>
    operation(`{ __typename } #${random.integer(0, 1_000_000_000)}${'x'.repeat(count)}`, {
      extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } },
    }),
  'a persisted query of a long hash': count =>
    operation(undefined, { extensions: { persistedQuery: { version: 1, sha256Hash: 'f'.repeat(count) } } }),
  'a persisted query that is new each time': (count, { random }) => {
    const query = `{ __typename } #${random.integer(0, 1_000_000_000)}${'x'.repeat(count)}`
    const sha256Hash = createHash('sha256').update(query).digest('hex')
    return operation(query, { extensions: { persistedQuery: { version: 1, sha256Hash } } })
  },
  'a ping in brackets': count => messages([`{"type":"ping","payload":${nested(count, '{"a":', '1', '}')}}`]),
  'a ping with much inside': count =>
    messages([JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(count) } })]),
  pings: count => messages(listOf(count, () => '{"type":"ping"}')),
  'a long id': count => messages([subscribe('i'.repeat(count), '{ me { id } }')]),
  'many operations on a socket': count =>
    messages(
      listOf(count, index => subscribe(String(index), '{ products(first: 20) { edges { node { name } } } }')),
    ),
  'many subscriptions on a socket': (count, { targets: { productIds } }) =>
    messages(
      listOf(count, index =>
        subscribe(
          String(index),
          `subscription { productStockChanged(productIds: ["${productIds[0]}"]) { available product { name } } }`,
        ),
      ),
    ),
  'one id again and again': count => messages(listOf(count, () => subscribe('1', '{ me { id } }'))),
  'operations that are called off': count =>
    messages(
      listOf(count, index => [
        subscribe(String(index), '{ products(first: 100) { edges { node { name } } } }'),
        JSON.stringify({ id: String(index), type: 'complete' }),
      ]).flat(),
    ),
  'two beginnings': count => messages(listOf(count, () => '{"type":"connection_init"}')),
  'a beginning in brackets': count =>
    messages([`{"type":"connection_init","payload":${nested(count, '{"a":', '1', '}')}}`], false),
  'a token in brackets': count =>
    messages(
      [`{"type":"connection_init","payload":{"authorization":${nested(count, '[', '1', ']')}}}`],
      false,
    ),
  'a long token of a socket': count =>
    messages(
      [
        JSON.stringify({
          type: 'connection_init',
          payload: { authorization: `Bearer ${'a.'.repeat(Math.ceil(count / 2))}` },
        }),
      ],
      false,
    ),
  'an operation before the beginning': count =>
    messages([subscribe('1', `{ __typename } #${'x'.repeat(count)}`)], false),
  'tokens of operations': (count, { random }) =>
    messages(
      listOf(count, index =>
        JSON.stringify({
          id: String(index),
          type: 'subscribe',
          payload: {
            query: '{ me { id } }',
            extensions: {
              headers: { authorization: `Bearer eyJhbGciOiJFUzI1NiJ9.${random.integer(0, 1_000_000_000)}.a` },
            },
          },
        }),
      ),
    ),
  'a long token of an operation': count =>
    operation('{ me { id } }', {
      extensions: {
        headers: { authorization: `Bearer ${'a.'.repeat(Math.ceil(count / 2))}` },
        traceparent: 'a',
      },
    }),
  'a long trace': count => operation('{ me { id } }', { extensions: { traceparent: '0'.repeat(count) } }),
  'a message of an unknown type': count => messages([JSON.stringify({ type: 't'.repeat(count) })]),
  'a message that is no JSON': count => messages([nested(count, '[', '', '}')]),
} satisfies Record<string, Family>
