import { ApolloClient, ApolloLink, InMemoryCache, Observable } from '@apollo/client'
import { expect, it, onTestFinished } from 'vitest'
import { possibleTypes } from './apollo.ts'
import { LoginDocument, type LoginMutation, unknownMember } from './documents.ts'

/** What a page gets of an answer to its login by way of Apollo's cache. */
const logIn = async (login: object): Promise<LoginMutation['login'] | undefined> => {
  const link = new ApolloLink(
    () =>
      new Observable(observer => {
        observer.next({ data: { login } })
        observer.complete()
      }),
  )
  const client = new ApolloClient({ cache: new InMemoryCache({ possibleTypes }), link })
  onTestFinished(() => client.stop())
  const input = { email: 'ada@example.com', password: 'wrong' }
  return (await client.mutate({ mutation: LoginDocument, variables: { input } })).data?.login
}

const reasonOf = (login: LoginMutation['login'] | undefined): string | undefined => {
  switch (login?.__typename) {
    case 'Session':
    case undefined:
      return undefined
    case 'InvalidCredentials':
    case 'TooManyAttempts':
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

it('takes nothing for a refusal that has no message', async () => {
  const user = { __typename: 'User', id: '1', name: 'Ada', email: null, role: 'CUSTOMER' }
  const session = { __typename: 'Session', accessToken: 'a', refreshToken: 'r', expiresAt: 'soon', user }
  expect(await logIn(session)).toEqual(session)
})
