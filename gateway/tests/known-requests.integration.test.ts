import { hash } from 'node:crypto'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { ApolloServer } from '@apollo/server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

type Asked = {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly path?: string
  /** The second time, too, it goes by way of Apollo Server. */
  readonly isIrregular?: true
}

const products = '{ products { id name timesOrdered } }'
const byId = 'query ($id: ID!) { product(id: $id) { id name } }'
const several = 'query A { whoAsksProducts } query B { whoAsksOrders }'
const long = '{ text(bytes: 3000) }'
const search = (query: string) => `/graphql?query=${encodeURIComponent(query)}`
const hashOf = (query: string) => ({ persistedQuery: { version: 1, sha256Hash: hash('sha256', query) } })
const withAccept = (accept: string): Asked => ({ body: { query: products }, headers: { accept } })

const cases: Readonly<Record<string, Asked>> = {
  'a query': { body: { query: products } },
  'a mutation': { body: { query: 'mutation { renameProduct(id: "1", name: "x") { id name } }' } },
  'nulls in the place of what is left out': {
    body: { query: products, variables: null, operationName: null, extensions: null },
  },
  'extensions that say who the client is': {
    body: { query: products, extensions: { clientLibrary: { name: 'x', version: '1' } } },
  },
  variables: { body: { query: byId, variables: { id: '7' } } },
  'a number for an id': { body: { query: byId, variables: { id: 7 } } },
  'a variable with the name of a prototype': {
    body: `{"query":"${byId}","variables":{"id":"7","__proto__":{"a":1}}}`,
  },
  'no value for a variable': { body: { query: byId } },
  'a bad value of a variable': { body: { query: byId, variables: { id: { secret: 'hunter2' } } } },
  'an int for an amount': { body: { query: 'query ($n: Int) { count(of: $n) }', variables: { n: 7 } } },
  'a value that no scalar takes': {
    body: { query: 'query ($day: Date) { onDay(day: $day) }', variables: { day: '2026-02-30' } },
  },
  'one operation of several': { body: { query: several, operationName: 'B' } },
  'an operation by its name': { body: { query: 'query Who { whoAsksProducts }', operationName: 'Who' } },
  'no name where there are several': { body: { query: several }, isIrregular: true },
  'a name that is not there': { body: { query: several, operationName: 'C' }, isIrregular: true },
  'an empty name': { body: { query: products, operationName: '' }, isIrregular: true },
  'an error of a subgraph': { body: { query: '{ refused products { id secretRecipe } }' } },
  'an error that is hidden': { body: { query: '{ broken }' } },
  'variables that are nested too deep': {
    body: `{"query":"{ whoAsksProducts }","variables":{"a":${'['.repeat(200)}${']'.repeat(200)}}}`,
  },
  'what costs too much with its variables': {
    body: {
      query: 'query ($count: Int!) { many(count: $count, distinct: 1) { id } products { id name } }',
      variables: { count: 1e6 },
    },
  },
  'a token': { body: { query: '{ whoAsksProducts }' }, headers: { authorization: 'customer' } },
  'a bad token': {
    body: { query: products },
    headers: { authorization: 'Bearer nonsense' },
    isIrregular: true,
  },
  'a token of another kind': {
    body: { query: products },
    headers: { authorization: 'Basic YWRhOmFkYQ==' },
    isIrregular: true,
  },
  'a page that may call': { body: { query: products }, headers: { origin: 'https://shop.test' } },
  'a page that may not': { body: { query: products }, headers: { origin: 'https://evil.test' } },
  'a page that may call, with a bad value': {
    body: { query: byId, variables: {} },
    headers: { origin: 'https://shop.test' },
  },
  'an answer that is compressed': { body: { query: long }, headers: { 'accept-encoding': 'gzip, br' } },
  'an answer that is not to be compressed': {
    body: { query: long },
    headers: { 'accept-encoding': 'identity' },
  },
  'the newer type': withAccept('application/graphql-response+json'),
  'both types': withAccept('application/graphql-response+json, application/json;q=0.9'),
  'any type': withAccept('*/*'),
  'the type of callbacks': withAccept('application/json; callbackSpec=1.0; charset=utf-8, */*;q=0.1'),
  'a type that there is not': { ...withAccept('text/html'), isIrregular: true },
  'a newer type for a bad value': {
    body: { query: byId, variables: {} },
    headers: { accept: 'application/graphql-response+json' },
  },
  'JSON in UTF-8': {
    body: { query: products },
    headers: { 'content-type': 'application/json; charset=utf-8' },
  },
  'a type of the body that is spelt otherwise': {
    body: { query: products },
    headers: { 'content-type': 'Application/JSON ; charset="utf-8"' },
    isIrregular: true,
  },
  'a form': { body: { query: products }, headers: { 'content-type': 'text/plain' }, isIrregular: true },
  'a hash with its text': { body: { query: products, extensions: hashOf(products) }, isIrregular: true },
  'a hash that is not known': { body: { extensions: hashOf(`${products} `) }, isIrregular: true },
  'the hash of a text that was not registered': {
    body: { extensions: hashOf('{ products { id } }') },
    isIrregular: true,
  },
  'a GET': {
    body: undefined,
    method: 'GET',
    path: search(products),
    headers: { 'apollo-require-preflight': '1' },
    isIrregular: true,
  },
  'a GET without proof': { body: undefined, method: 'GET', path: search(products), isIrregular: true },
  'a HEAD': {
    body: undefined,
    method: 'HEAD',
    path: search(products),
    headers: { 'apollo-require-preflight': '1' },
    isIrregular: true,
  },
  'a subscription': {
    body: { query: 'subscription { priceChanged(productId: "1") { amountMinor } }' },
    isIrregular: true,
  },
  introspection: { body: { query: '{ __schema { queryType { name } } __typename }' } },
  'the query plan': {
    body: { query: products },
    headers: { 'apollo-query-plan-experimental': '1' },
    isIrregular: true,
  },
  'a document that does not parse': { body: { query: '{ products { id }' }, isIrregular: true },
  'a document that is not valid': { body: { query: '{ product }' }, isIrregular: true },
  'a document that is too large': {
    body: { query: `{ ${'products { id } '.repeat(30)} }` },
    isIrregular: true,
  },
  'a list': { body: [{ query: products }], isIrregular: true },
  'an empty body': { body: '', isIrregular: true },
  'no JSON': { body: 'query', isIrregular: true },
  'no text': { body: { variables: {} }, isIrregular: true },
  'a text that is none': { body: { query: 7 }, isIrregular: true },
  'variables that are a text': { body: { query: products, variables: '{}' }, isIrregular: true },
  'variables that are a list': { body: { query: products, variables: [] }, isIrregular: true },
  'extensions that are a list': { body: { query: products, extensions: [] }, isIrregular: true },
  'a name that is a number': { body: { query: products, operationName: 7 }, isIrregular: true },
}

it.for(Object.entries(cases))('answers %s the second time as the first, when Apollo Server read it', async ([
  ,
  asked,
]) => {
  const throughApollo = vi.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest')
  onTestFinished(() => throughApollo.mockRestore())
  const { gateway, tokens } = await startGatewayUnderTest({ CORS_ORIGINS: 'https://shop.test' })
  const { method = 'POST', path = '/graphql', isIrregular = false } = asked
  const { authorization, ...others } = asked.headers ?? {}
  const headers = {
    // n.b. the id of the trace is in each error
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ...(method === 'POST' && { 'content-type': 'application/json' }),
    ...(authorization !== undefined && {
      authorization: authorization === 'customer' ? `Bearer ${await tokens.customer('ada')}` : authorization,
    }),
    ...others,
  }
  const body = typeof asked.body === 'string' ? asked.body : (JSON.stringify(asked.body) ?? '')
  const options = { port: gateway.port, method, path, headers }
  const cold = await send(options, body)
  const coldCalls = throughApollo.mock.calls.length
  expect(await send(options, body)).toEqual(cold)
  expect(throughApollo.mock.calls.length - coldCalls).toBe(isIrregular ? coldCalls : 0)
})

/** Sends a request; leaves out of the answer what differs from time to time, or in spelling alone. */
const send = async (options: RequestOptions, body: string) => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', ...options })
      .once('response', resolve)
      .once('error', reject)
      .end(body)
  })
  const bytes = await buffer(response)
  const { date: _, vary, 'content-length': length, ...headers } = response.headers
  const isJson = headers['content-encoding'] === undefined && bytes.length > 0
  return {
    status: response.statusCode,
    headers,
    varies: vary?.split(/, */).toSorted(),
    hasLength: length !== undefined,
    body: isJson ? JSON.parse(String(bytes)) : headers['content-encoding'],
  }
}

it('takes a persisted query by its hash alone without Apollo Server, and answers as with its text', async () => {
  const throughApollo = vi.spyOn(ApolloServer.prototype, 'executeHTTPGraphQLRequest')
  onTestFinished(() => throughApollo.mockRestore())
  const { origin } = await startGatewayUnderTest()
  const ask = async (body: object) => {
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  }
  const registered = await ask({ query: products, extensions: hashOf(products) })
  expect(throughApollo).toHaveBeenCalledTimes(1)
  expect(await ask({ extensions: hashOf(products) })).toEqual(registered)
  expect(throughApollo).toHaveBeenCalledTimes(1)
})
