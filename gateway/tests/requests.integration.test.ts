import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { sendRaw } from '../../testbed/raw-http.ts'
import { parseAnswer, startGatewayUnderTest } from './gateway-under-test.ts'

const query = '{ products { id } }'
const mutation = 'mutation { renameProduct(id: "1", name: "x") { id } }'
const body = JSON.stringify({ query })
const json = { 'content-type': 'application/json' }
const search = (text: string) => `?query=${encodeURIComponent(text)}`

it('answers a query by GET if it carries a bearer token or what no page can send unasked, and never a mutation', async () => {
  const { origin, tokens, products } = await startGatewayUnderTest()
  const bearer = { authorization: `Bearer ${await tokens.customer('ada')}` }
  const cases = [
    [query, {}, 400],
    [query, bearer, 200],
    [query, { authorization: '' }, 400],
    [query, { authorization: 'Bearer nonsense' }, 401],
    [query, { authorization: 'Basic YWRhOmFkYQ==' }, 401],
    [query, { 'apollo-require-preflight': 'true' }, 200],
    [query, { 'x-apollo-operation-name': 'Products' }, 200],
    [query, { 'content-type': 'application/json' }, 200],
    [query, { 'content-type': 'text/plain' }, 400],
    [mutation, {}, 400],
    [mutation, bearer, 405],
    [mutation, { 'apollo-require-preflight': 'true' }, 405],
    ['subscription { priceChanged(productId: "1") { amountMinor } }', bearer, 405],
  ] as const
  for (const [text, headers, status] of cases) {
    const received = products.received.length
    const answer = await fetch(`${origin}/graphql${search(text)}`, { headers })
    expect([text, headers, answer.status]).toEqual([text, headers, status])
    expect(products.received.length - received).toBe(status === 200 ? 1 : 0)
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST')
    if (status === 400)
      expect(await answer.text()).toMatch(/Send it by POST as application\/json.*apollo-require-preflight/)
    if (status === 200) expect(answer.headers.get('cache-control')).toBe('no-store')
  }
})

it('answers at every spelling of its address', async () => {
  const { gateway, origin } = await startGatewayUnderTest()
  for (const target of [
    '/graphql',
    '/graphql/',
    '//graphql',
    '/graphql//',
    '/graphql?a=1',
    `${origin}/graphql`,
  ]) {
    const answer = await sendRaw(gateway.port, [
      `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ])
    expect([target, answer.status]).toEqual([target, 200])
    expect(JSON.parse(answer.body).data.products).toHaveLength(3)
  }
})

it.each([
  ['GET', '/health', 200],
  ['HEAD', '/health', 200],
  ['GET', '/health/', 200],
  ['POST', '/health', 405],
  ['OPTIONS', '/health', 204],
  ['HEAD', `/graphql${search(query)}`, 200],
  ['HEAD', '/graphql', 400],
  ['OPTIONS', '/graphql', 204],
  ['PUT', '/graphql', 405],
  ['DELETE', '/graphql', 405],
  ['PATCH', '/graphql', 405],
  ['QUERY', '/graphql', 405],
  ['TRACE', '/graphql', 405],
  ['PROPFIND', '/graphql', 405],
  ['POST', '/graphiql', 405],
  ['PUT', '/elsewhere', 404],
  ['GET', '//', 200],
  ['GET', '/%', 404],
  ['GET', '//[', 404],
  ['GET', '//:80', 404],
  ['GET', '*', 404],
  ['GET', '/graphiql/../graphql', 404],
  ['GET', '/graphiql/__proto__', 404],
])('answers %s %s with %i', async (method, target, status) => {
  const { gateway } = await startGatewayUnderTest()
  const answer = await sendRaw(gateway.port, [
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\napollo-require-preflight: true\r\n\r\n`,
  ])
  expect(answer.status).toBe(status)
  if (status === 405) expect(answer.headers.allow).toContain('GET, HEAD')
  if (method === 'HEAD') expect(answer.body).toBe('')
})

it('answers a URL of 15 KB as any other, and a longer one with 431', async () => {
  const { gateway } = await startGatewayUnderTest()
  const statusOf = async (length: number) => {
    const target = `/${'x'.repeat(length)}`
    return (await sendRaw(gateway.port, [`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`])).status
  }
  expect([await statusOf(15_000), await statusOf(17_000)]).toEqual([404, 431])
})

it.each([
  ['application/json', 200],
  ['application/graphql-response+json', 200],
  ['application/graphql-response+json, application/json;q=0.9', 200],
  ['*/*', 200],
  ['application/*', 200],
  ['', 200],
  ['multipart/mixed;deferSpec=20220824, application/json', 200],
  ['application/graphql-response+json; charset=utf-8, application/json; charset=utf-8', 200],
  ['application/json;charset=UTF-8', 200],
  ['multipart/mixed', 406],
  ['text/event-stream', 200],
  ['text/event-stream;q=0', 406],
  ['text/html', 406],
  ['application/json;q=0', 406],
  ['application/json;q=0, */*', 200],
])('answers a mutation that accepts %j with %i, and runs only what it can answer', async (accept, status) => {
  const { origin, products } = await startGatewayUnderTest()
  const answer = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { ...json, accept },
    body: JSON.stringify({ query: mutation }),
  })
  expect(answer.status).toBe(status)
  await answer.text()
  expect(products.received).toHaveLength(status === 200 ? 1 : 0)
})

it('answers on loopback, in development, to no name but those of loopback and those that it is told', async () => {
  const cases: readonly (readonly [
    settings: Readonly<Record<string, string>>,
    host: string,
    isAnswered: boolean,
  ])[] = [
    [{}, 'localhost:4000', true],
    [{}, 'LOCALHOST.:4000', true],
    [{}, '127.0.0.1:4000', true],
    [{}, '[::1]:4000', true],
    [{}, 'shop.localhost', true],
    [{}, 'evil.example', false],
    [{}, 'localhost.evil.example:4000', false],
    [{ ALLOWED_HOSTS: 'shop.test' }, 'shop.test', true],
    [{ ALLOWED_HOSTS: 'shop.test' }, 'evil.shop.test', false],
    [{ TRUST_PROXY_HOPS: '1' }, 'shop.example.com', true],
    [{ NODE_ENV: 'production' }, 'shop.example.com', true],
    [{ HOST: '0.0.0.0' }, 'shop.example.com', true],
  ]
  for (const [settings, host, isAnswered] of cases) {
    const { gateway } = await startGatewayUnderTest(settings)
    const answer = await sendRaw(gateway.port, [
      `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ])
    expect([settings, host, answer.status]).toEqual([settings, host, isAnswered ? 200 : 421])
    if (!isAnswered) expect(answer.body).toContain('ALLOWED_HOSTS')
    expect([settings, host, await upgrade(gateway.port, '/graphql', host)]).toEqual([
      settings,
      host,
      isAnswered ? 101 : 421,
    ])
  }
})

it('does not take the host of a rebound page for the page’s own', async () => {
  const { gateway } = await startGatewayUnderTest()
  const host = `evil.example:${gateway.port}`
  expect(await upgrade(gateway.port, '/graphql', host, `http://${host}`)).toBe(421)
})

it.each([
  ['/graphql', 101],
  ['/graphql/', 101],
  ['//graphql', 101],
  ['/graphql?a=1', 101],
  ['/', 404],
  ['/graphiql', 404],
  ['//', 404],
  ['/%', 404],
])('answers a WebSocket that opens at %s with %i', async (path, status) => {
  const { gateway } = await startGatewayUnderTest()
  expect(await upgrade(gateway.port, path, 'localhost')).toBe(status)
})

it('keeps an idle connection for as long as it is told', async () => {
  const { gateway } = await startGatewayUnderTest({ KEEP_ALIVE_SECONDS: '90' })
  const { headers } = await sendRaw(gateway.port, ['GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'])
  expect(headers['keep-alive']).toBe('timeout=90')
})

/** The status with which the gateway answers the opening of a WebSocket. */
const upgrade = (port: number, path: string, host: string, origin?: string): Promise<number | undefined> =>
  new Promise(resolve => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'graphql-transport-ws', {
      headers: { host, ...(origin !== undefined && { origin }) },
    })
    socket.once('upgrade', ({ statusCode }) => resolve(statusCode))
    socket.once('unexpected-response', (_, { statusCode }) => resolve(statusCode))
    socket.on('error', () => resolve(undefined))
    socket.once('upgrade', () => setImmediate(() => socket.terminate()))
  })

it.each([
  ['GET', '/grahpql', undefined, 404, /^There is nothing here: GraphQL is at \/graphql\.$/],
  ['POST', '/graphql', 'query={products{id}}', 400, /^The body is not JSON: send .* as application\/json\.$/],
  ['POST', '/graphql', `[${body}]`, 400, /^The body is a list: send each operation in a request of its own/],
  ['POST', '/graphql', '', 400, /^The body holds no operation: send .* as application\/json\.$/],
  ['POST', '/graphql', '{}', 400, /^The body holds no operation: send .* as application\/json\.$/],
])('says what to do to who sends %s %s with the body %s', async (method, target, sent, status, message) => {
  const { origin } = await startGatewayUnderTest()
  const answer = await fetch(`${origin}${target}`, { method, headers: json, body: sent })
  expect(answer.status).toBe(status)
  const error = { message: expect.stringMatching(message), extensions: { code: 'BAD_REQUEST' } }
  expect(parseAnswer(await answer.text())).toEqual({ errors: [error] })
})
