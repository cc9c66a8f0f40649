import { createHash } from 'node:crypto'
import { getIntrospectionQuery } from 'graphql'
import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const asBrowser = { headers: { accept: 'text/html' }, redirect: 'manual' } as const

it('serves GraphiQL from addresses of its own that a browser keeps, and loads nothing from elsewhere', async () => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}/graphiql`, asBrowser)
  const page = await response.text()
  expect(page.length).toBeLessThan(5_000)
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  const [, style = ''] = /<link rel="stylesheet" href="([^"]+)">/.exec(page) ?? []
  const [, script = ''] = /<script src="([^"]+)"><\/script>/.exec(page) ?? []
  for (const address of [style, script]) expect(address).toMatch(/^\/graphiql\/[\w-]{22}\.(css|js)$/)
  expect(page.replace(script, '')).not.toMatch(/<script[^>]+src="[^"]/)
  expect(page.replace(style, '')).not.toMatch(/<link[^>]+href="(?!data:)[^"]/)

  const [css, js] = await Promise.all([style, script].map(path => fetch(`${origin}${path}`)))
  for (const file of [css, js]) {
    expect(file?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(file?.headers.get('vary')).toBe('Accept-Encoding')
  }
  expect(css?.headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(await css?.text()).not.toMatch(/@import\s+(url\()?["']?https?:/)
  expect(js?.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  const code = await js?.text()
  expect(code).toContain('"endpoint":"/graphql"')
  expect(code).toContain('"subscriptionsProtocol":"WS"')
})

it('sends GraphiQL compressed, and not again to a browser that has it', async () => {
  const { origin } = await startGatewayUnderTest()
  const page = await (await fetch(`${origin}/graphiql`)).text()
  const [, script = ''] = /<script src="([^"]+)">/.exec(page) ?? []
  const sizeOf = async (accepted: string) => {
    const headers = { 'accept-encoding': accepted }
    const response = await fetch(`${origin}${script}`, { method: 'HEAD', headers })
    expect(response.headers.get('content-encoding') ?? 'identity').toBe(accepted)
    const etag = response.headers.get('etag') ?? ''
    const again = await fetch(`${origin}${script}`, { headers: { ...headers, 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
    return { etag, bytes: Number(response.headers.get('content-length')) }
  }
  const [plain, gzip, br] = [await sizeOf('identity'), await sizeOf('gzip'), await sizeOf('br')]
  for (const { bytes } of [gzip, br]) expect(bytes).toBeLessThan(plain.bytes / 3)
  expect(new Set([plain, gzip, br].map(({ etag }) => etag)).size).toBe(3)
})

it('leads browsers to GraphiQL, and to Apollo Sandbox when that can be loaded', async () => {
  const { origin } = await startGatewayUnderTest()
  const root = await fetch(`${origin}/`, asBrowser)
  expect([root.status, root.headers.get('location')]).toEqual([302, '/graphql'])
  const response = await fetch(`${origin}/graphql`, asBrowser)
  const page = await response.text()
  expect(page).toContain('<a class="go" href="/graphiql">')
  expect(page).toContain('embeddable-sandbox')
  expect(response.headers.get('vary')).toBe('Origin, Accept, Accept-Encoding')
  const policy = response.headers.get('content-security-policy') ?? ''
  for (const [tag, directive] of [
    ['script', 'script-src'],
    ['style', 'style-src'],
  ]) {
    const [, inline = ''] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page) ?? []
    const hash = createHash('sha256').update(inline).digest('base64')
    expect(policy).toMatch(new RegExp(`${directive} 'sha256-${hash.replaceAll('+', '\\+')}'`))
  }
})

it('shows no explorer in production', async () => {
  const { origin } = await startGatewayUnderTest({ NODE_ENV: 'production' })
  for (const path of ['/', '/graphiql']) {
    expect((await fetch(`${origin}${path}`, asBrowser)).status).toBe(404)
  }
  const graphql = await fetch(`${origin}/graphql`, asBrowser)
  expect(await graphql.text()).not.toContain('<html')
})

it('shows the query plan in development if a client asks for it, in the format that the client asks for', async () => {
  const ask = async (
    settings: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
  ) => {
    const { origin } = await startGatewayUnderTest(settings)
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: '{ products { id } }' }),
    })
    return (await response.json()).extensions
  }
  const wanted = { 'apollo-query-plan-experimental': '1' }
  const inFormat = (format: string) => ({ ...wanted, 'apollo-query-plan-experimental-format': format })
  const text = { __queryPlanExperimental: expect.stringMatching(/^QueryPlan {\n/) }
  expect(await ask({}, {})).toBeUndefined()
  expect(await ask({}, wanted)).toEqual(text)
  expect(await ask({}, inFormat('prettified'))).toEqual(text)
  expect(await ask({}, inFormat('internal'))).toMatchObject({
    __queryPlanExperimental: { kind: 'QueryPlan', node: { kind: 'Fetch', serviceName: 'products' } },
  })
  expect(await ask({}, inFormat('other'))).toEqual({ __queryPlanExperimental: true })
  expect(await ask({ NODE_ENV: 'production' }, wanted)).toBeUndefined()
})

it('answers the introspection of explorers, and names the field that they are to leave out', async () => {
  const { post } = await startGatewayUnderTest()
  const options = {
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
  }
  const { body } = await post(getIntrospectionQuery(options))
  expect(body).toMatchObject({ data: { __schema: { queryType: { name: 'Query' } } } })
  const newer = await post(getIntrospectionQuery({ ...options, oneOf: true }))
  expect(newer.status).toBe(400)
  expect(newer.body.errors).toMatchObject([
    {
      message: 'Field "isOneOf" of type "__Type" is not known here: leave it out of the introspection.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    },
  ])
})
