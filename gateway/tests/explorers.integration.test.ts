import { createHash } from 'node:crypto'
import { getIntrospectionQuery } from 'graphql'
import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const asBrowser = { headers: { accept: 'text/html' }, redirect: 'manual' } as const

it('serves GraphiQL from addresses of its own that a browser keeps, and loads nothing from elsewhere', async () => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}/graphiql`, asBrowser)
  const page = await response.text()
  expect(page.length).toBeLessThan(50_000)
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self';")
  const loaded = [...page.matchAll(/<(?:script|link)[^>]+(?:src|href)="(?!data:)([^"]+)"/g)].map(
    ([, at]) => at ?? '',
  )
  expect(loaded).toHaveLength(4)
  for (const address of loaded) {
    expect(address).toMatch(/^\/graphiql\/[\w-]{22}\.(css|js)$/)
    const file = await fetch(`${origin}${address}`)
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(file.headers.get('vary')).toBe('Accept-Encoding')
    const type = address.endsWith('css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8'
    expect(file.headers.get('content-type')).toBe(type)
    const text = await file.text()
    if (address.endsWith('css')) expect(text).not.toMatch(/@import\s+(url\()?["']?https?:/)
  }
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

const neighbours = {
  CONSOLE_URL: 'http://127.0.0.1:4007',
  REGISTRY_URL: 'http://127.0.0.1:4008',
  MAILBOX_URL: 'http://0.0.0.0:4006',
  DEMO_DATA: 'true',
  DEMO_PASSWORD: 'a password for demos',
}

it('opens with a page that leads to everything, loads nothing, and runs no script', async () => {
  const { origin } = await startGatewayUnderTest(neighbours)
  const response = await fetch(`${origin}/`, asBrowser)
  const page = await response.text()
  for (const address of ['/graphiql', '/graphql', 'http://127.0.0.1:4007/map', 'http://127.0.0.1:4007/mail'])
    expect(page).toContain(`href="${address}"`)
  for (const account of ['admin@example.com', 'a password for demos']) expect(page).toContain(account)
  expect(page).toContain('APOLLO_REGISTRY_URL=http://127.0.0.1:4008/graphql')
  expect(page).not.toContain('<script')
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  const [, doc = ''] = /href="(\/docs\/[^"]+)"/.exec(page) ?? []
  expect(await (await fetch(`${origin}${doc}`)).text()).toMatch(/^# /)
  for (const path of ['/docs/../package.json', '/docs/console', '/docs/'])
    expect((await fetch(`${origin}${path}`)).status).toBe(404)
})

it('shows the same at its endpoint, and Apollo Sandbox in its place when that can be loaded', async () => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}/graphql`, asBrowser)
  const page = await response.text()
  expect(page).toContain('href="/graphiql"')
  expect(page).not.toContain('Console')
  expect(page).not.toContain('Demo accounts')
  expect(page).toContain('embeddable-sandbox')
  expect(response.headers.get('vary')).toBe('Origin, Accept')
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

it('shows no page in production, whatever it is told of its neighbours', async () => {
  const { origin } = await startGatewayUnderTest({ ...neighbours, NODE_ENV: 'production' })
  for (const path of ['/', '/graphiql', '/docs/tour.md']) {
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
  const product = expect.objectContaining({ kind: 'OBJECT', name: 'Product' })
  const specified = {
    name: 'DateTime',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  }
  const scalar = expect.objectContaining({ kind: 'SCALAR', ...specified })
  expect(body).toMatchObject({ data: { __schema: { types: expect.arrayContaining([product, scalar]) } } })
  const newer = await post(getIntrospectionQuery({ ...options, oneOf: true }))
  expect(newer.status).toBe(400)
  expect(newer.body.errors).toMatchObject([
    {
      message: 'Field "isOneOf" of type "__Type" is not known here: leave it out of the introspection.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    },
  ])
})
