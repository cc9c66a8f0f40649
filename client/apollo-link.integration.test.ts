import { ApolloClient, CombinedGraphQLErrors, gql, InMemoryCache } from '@apollo/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createApolloLink } from './apollo-link.ts'
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
  await vi.waitFor(() => expect(gateway.messages('subscribe')).toHaveLength(2), 5_000)
  expect(gateway.messages('subscribe').map(({ payload }) => payload?.variables)).toEqual([
    { orderId: '7' },
    { orderId: '7', afterVersion: 3 },
  ])
  subscription.unsubscribe()
  await vi.waitFor(() => expect(gateway.openSockets()).toBe(0), 5_000)
})
