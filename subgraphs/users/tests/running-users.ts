import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { createTestDatabase } from '@supergraph/postgres/testing.ts'
import {
  createIdentityKeys,
  createIdentitySigner,
  identityKey,
  type Viewer,
} from '@supergraph/runtime/identity.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import { type Environment, readEnvironment } from '../environment.ts'
import { startUsers } from '../server.ts'

/** What the subgraph answered; `data` is loose, each test asserts what it needs of it. */
export type Answer = z.output<typeof answer>

const answer = z.object({
  status: z.number(),
  text: z.string(),
  data: z.record(z.string(), z.json()).nullish(),
  errors: z
    .array(z.looseObject({ message: z.string(), extensions: z.looseObject({ code: z.string() }) }))
    .optional(),
})

/** A person who registered through the API. */
export type Person = { readonly viewer: Viewer; readonly id: string; readonly email: string }

export const anonymous: Viewer = { kind: 'anonymous' }
export const password = 'correct horse battery'

const keys = await createIdentityKeys(['gateway', 'orders'])
const signers = {
  gateway: createIdentitySigner('gateway', identityKey.parse(keys.keys.gateway)),
  orders: createIdentitySigner('orders', identityKey.parse(keys.keys.orders)),
}

/** An identity token of the issuer that speaks for this viewer. */
export const identityToken = (viewer: Viewer, audience = 'users'): Promise<string> =>
  signers[viewer.kind === 'service' ? 'orders' : 'gateway'].sign(audience, viewer)

/** Settings for a subgraph in this test run. */
export const testEnvironment = (databaseUrl: string, variables: Readonly<Record<string, string>> = {}) =>
  readEnvironment({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    IDENTITY_ISSUERS: keys.issuers,
    ...variables,
  }) satisfies Environment

/** Starts a subgraph, on a database of its own unless one is given. */
export const runUsers = ({ databaseUrl, variables, onQuery }: RunOptions = {}) =>
  startAll(async use => {
    const url = databaseUrl ?? use(await ownDatabase()).url
    const transport = use(createInProcessTransport({ logger: createLogger('test', 'silent') }))
    const users = use(await startUsers(testEnvironment(url, variables), transport, { onQuery }))
    const ask = async (viewer: Viewer, query: string, inputs: object = {}) =>
      askWith(users.url, await identityToken(viewer), query, inputs)
    return {
      url: users.url,
      databaseUrl: url,
      transport,
      ask,
      register: (name: string) => registerPerson(ask, name),
    }
  })

/** An empty database until it is stopped. */
export const ownDatabase = async () => {
  const { url, drop } = await createTestDatabase()
  return { url, stop: drop }
}

/** Sends one GraphQL request with this token, or with none. */
export const askWith = async (
  url: string,
  token: string | undefined,
  query: string,
  variables: object = {},
): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  const body: unknown = JSON.parse(text)
  return answer.parse({ ...z.looseObject({}).parse(body), status: response.status, text })
}

export const registerMutation = `
  mutation ($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on Session { accessToken expiresAt user { id name email role addresses { id } createdAt } }
      ... on Failure { message }
      ... on InvalidInput { field }
    }
  }`

export const loginMutation = `
  mutation ($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on Session { accessToken user { id email } }
      ... on Failure { message }
    }
  }`

type RunOptions = {
  readonly databaseUrl?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly onQuery?: (sql: string) => void
}

const registerPerson = async (
  ask: (viewer: Viewer, query: string, variables: object) => Promise<Answer>,
  name: string,
): Promise<Person> => {
  const email = `${name.toLowerCase()}@people.example`
  const { data } = await ask(anonymous, registerMutation, { input: { email, password, name } })
  const { accessToken } = z.object({ accessToken: z.string() }).parse(data?.register)
  const id = z.string().parse(decodeJwt(accessToken).sub)
  return { viewer: { kind: 'user', id, role: 'CUSTOMER' }, id, email }
}
