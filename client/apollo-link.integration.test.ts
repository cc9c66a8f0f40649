import { ApolloClient, CombinedGraphQLErrors, gql, InMemoryCache } from '@apollo/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { clearCacheOnUserChange, createApolloLink } from './apollo-link.ts'
import { createBrowser, login, startShop } from './sessions.fixture.ts'
import { createShopClient } from './shop-client.ts'
import { startTestGateway } from './testing.ts'

const start = async () => {
  const gateway = await startTestGateway()
  const shop = createShopClient({ url: gateway.url })
  const client = new ApolloClient({ cache: new InMemoryCache(), link: createApolloLink(shop) })
  onTestFinished(async () => {
    client.stop()
    await shop.close()
    await gateway.stop()
  })
  return { gateway, client }
}

it('answers queries and mutations, with the errors of their null fields', async () => {
  const { gateway, client } = await start()
  gateway.answers(({ query, variables }) =>
    query.includes('mutation')
      ? { data: { rename: variables.name } }
      : { data: { name: 'mug', stock: null }, errors: [{ message: 'products does not answer' }] },
  )
  const { data, error } = await client.query({ query: gql`{ name stock }`, errorPolicy: 'all' })
  expect([data, error?.message]).toEqual([{ name: 'mug', stock: null }, 'products does not answer'])
  const mutation = gql`mutation ($name: String) { rename(name: $name) }`
  expect((await client.mutate({ mutation, variables: { name: 'cup' } })).data).toEqual({ rename: 'cup' })
})

it('gives errors without data as those of GraphQL', async () => {
  const { gateway, client } = await start()
  gateway.answers(() => ({
    errors: [{ message: 'No such field.', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  }))
  const failed: unknown = await client.query({ query: gql`{ nothing }` }).catch((error: unknown) => error)
  expect(CombinedGraphQLErrors.is(failed)).toBe(true)
  expect(failed).toMatchObject({ message: 'No such field.' })
})

it('resumes a subscription with the version that came last, and stops with its last observer', async () => {
  const { gateway, client } = await start()
  const versions: unknown[] = []
  const query = gql`
    subscription ($orderId: ID!, $afterVersion: Int) {
      orderUpdated(orderId: $orderId, afterVersion: $afterVersion) { version }
    }
  `
  const subscription = client
    .subscribe<{ orderUpdated: { version: number } }>({ query, variables: { orderId: '7' } })
    .subscribe(({ data }) => versions.push(data?.orderUpdated.version))
  await vi.waitFor(() => expect(gateway.subscriptions()).toBe(1))
  gateway.send({ orderUpdated: { version: 3 } })
  await vi.waitFor(() => expect(versions).toEqual([3]))
  gateway.cut()
  await vi.waitFor(() => expect(gateway.messages('subscribe')).toHaveLength(2))
  expect(gateway.messages('subscribe').map(({ payload }) => payload?.variables)).toEqual([
    { orderId: '7' },
    { orderId: '7', afterVersion: 3 },
  ])
  subscription.unsubscribe()
  await vi.waitFor(() => expect(gateway.openSockets()).toBe(0))
})

const nameQuery = gql`query page { me }`

/** Ada in two tabs, the first of which uses Apollo Client. */
const startTabs = async () => {
  const shop = await startShop()
  const browser = createBrowser(shop.gateway.url)
  const [here, there] = [browser.openTab(), browser.openTab()]
  await there.login(login('ada'))
  const client = new ApolloClient({ cache: new InMemoryCache(), link: createApolloLink(here) })
  const stop = clearCacheOnUserChange(here, client)
  onTestFinished(() => client.stop())
  return { shop, browser, here, there, client, stop }
}
const asked = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

it('keeps the cache when it finds who is signed in, and when the same user signs in again', async () => {
  const { shop, browser, there, client } = await startTabs()
  expect((await client.query({ query: nameQuery })).data).toEqual({ me: 'ada' })
  await there.login(login('ada'))
  browser.tell()
  await client.query({ query: nameQuery })
  expect(client.cache.extract()).toMatchObject({ ROOT_QUERY: { me: 'ada' } })
  expect(shop.done).toHaveLength(1)
})

it('empties the cache when somebody else signs in, fails what was under way, and reads nothing again', async () => {
  const { shop, browser, there, client } = await startTabs()
  const shown: unknown[] = []
  client.watchQuery({ query: nameQuery }).subscribe({ next: ({ data }) => shown.push(data), error: () => {} })
  await vi.waitFor(() => expect(client.cache.extract()).toMatchObject({ ROOT_QUERY: { me: 'ada' } }))
  const release = shop.hold(/page/)
  const under = [
    asked(client.query({ query: nameQuery, fetchPolicy: 'network-only' })),
    asked(client.mutate({ mutation: gql`mutation page { me }` })),
  ]
  await shop.arrival(/page/, 3)
  await there.login(login('bob'))
  browser.tell()
  expect(await Promise.all(under)).toMatchObject([{ code: 'USER_CHANGED' }, { code: 'USER_CHANGED' }])
  expect(client.cache.extract()).toEqual({})
  const count = shop.done.length
  release()
  await vi.waitFor(() => expect(shop.done.length).toBeGreaterThan(count))
  expect(shop.done.filter(one => one.startsWith('bob'))).toEqual([])
  expect(client.cache.extract()).toEqual({})
})

it('reads the page as the next user when it is told to', async () => {
  const { shop, browser, here, there, client } = await startTabs()
  client.onClearStore(() => client.reFetchObservableQueries())
  const shown: unknown[] = []
  client.watchQuery({ query: nameQuery }).subscribe(({ data }) => shown.push(data))
  await vi.waitFor(() => expect(shown).toContainEqual({ me: 'ada' }))
  await there.login(login('bob'))
  browser.tell()
  await vi.waitFor(() => expect(shown.at(-1)).toEqual({ me: 'bob' }))
  await here.login(login('eve'))
  await vi.waitFor(() => expect(shown.at(-1)).toEqual({ me: 'eve' }))
  await here.logout()
  await vi.waitFor(() => expect(shown.at(-1)).toEqual({ me: 'nobody' }))
  expect(shop.done.map(one => one.replace(/:.*/s, ''))).toEqual(['ada', 'bob', 'eve', 'nobody'])
})

it('answers what is asked right after the sign-in', async () => {
  const { here, client } = await startTabs()
  await here.user()
  await here.login(login('bob'))
  expect((await client.query({ query: nameQuery })).data).toEqual({ me: 'bob' })
})

it('leaves the cache alone once it is told to stop', async () => {
  const { here, client, stop } = await startTabs()
  await client.query({ query: nameQuery })
  stop()
  await here.login(login('bob'))
  expect(client.cache.extract()).toMatchObject({ ROOT_QUERY: { me: 'ada' } })
})
