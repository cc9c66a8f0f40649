import { ApolloClient, ApolloLink, gql, InMemoryCache, Observable } from '@apollo/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { possibleTypes } from './apollo.ts'
import { LoginDocument, type LoginMutation, unknownMember } from './documents.ts'

/** A client whose server gives this answer, with a type policy that no other type may inherit. */
const startClient = (data: Record<string, object>) => {
  const link = new ApolloLink(
    () =>
      new Observable(observer => {
        observer.next({ data })
        observer.complete()
      }),
  )
  const typePolicies = { Failure: { keyFields: false } } as const
  const client = new ApolloClient({ cache: new InMemoryCache({ possibleTypes, typePolicies }), link })
  onTestFinished(() => client.stop())
  return client
}

/** What a page gets of an answer to its login by way of Apollo's cache. */
const logIn = async (login: object): Promise<LoginMutation['login'] | undefined> => {
  const input = { email: 'ada@example.com', password: 'wrong' }
  const { data } = await startClient({ login }).mutate({ mutation: LoginDocument, variables: { input } })
  return data?.login
}

const reasonOf = (login: LoginMutation['login'] | undefined): string | undefined => {
  switch (login?.__typename) {
    case 'Session':
    case undefined:
      return undefined
    case 'InvalidCredentials':
    case 'TooManyAttempts':
    case 'TotpRequired':
      return login.message
    default:
      return unknownMember(login).message
  }
}

it.each([
  'InvalidCredentials',
  'AccountLocked',
])("keeps the message of a refusal in Apollo's cache, and gives it to a switch: %s", async __typename => {
  const refusal = { __typename, message: 'Not now.' }
  const login = await logIn(refusal)
  expect(login).toEqual(refusal)
  expect(reasonOf(login)).toBe('Not now.')
})

it('takes nothing else for a refusal', async () => {
  const user = { __typename: 'User', id: '1', name: 'Ada', email: null, role: 'CUSTOMER' }
  const session = { __typename: 'Session', accessToken: 'a', refreshToken: 'r', expiresAt: 'soon', user }
  expect(await logIn(session)).toEqual(session)
  const warnings = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => warnings.mockRestore())
  expect(await logIn({ __typename: 'Welcome' })).toEqual({ __typename: 'Welcome' })

  const client = startClient({ product: { __typename: 'Product', id: '1', name: 'Mug' } })
  await client.query({ query: gql`{ product(id: "1") { id name } }` })
  expect(client.cache.extract()).toHaveProperty('Product:1')
})
