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
