import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const asBrowser = { headers: { accept: 'text/html' }, redirect: 'manual' } as const

it('serves GraphiQL as one page that loads nothing from elsewhere', async () => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}/graphiql`, asBrowser)
  expect(response.headers.get('content-type')).toContain('text/html')
  const page = await response.text()
  expect(page).toContain('"endpoint":"/graphql"')
  expect(page).toContain('"subscriptionsProtocol":"WS"')
  expect(page).not.toMatch(/<script[^>]+src=/)
  expect(page).not.toMatch(/<link[^>]+href="(?!data:)/)
  expect(page).not.toMatch(/@import\s+(url\()?["']?https?:/)
})

it('shows Apollo Sandbox to browsers in development', async () => {
  const { origin } = await startGatewayUnderTest()
  const root = await fetch(`${origin}/`, asBrowser)
  expect([root.status, root.headers.get('location')]).toEqual([302, '/graphql'])
  const page = await fetch(`${origin}/graphql`, asBrowser)
  expect(await page.text()).toContain('embeddable-sandbox')
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
