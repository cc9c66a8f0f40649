import type { EventType } from '@supergraph/messaging/envelope.ts'
import { createInProcessTransport } from '@supergraph/messaging/in-process.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentitySigner, type Viewer } from '@supergraph/runtime/identity.ts'
import { createIdentityKeys, identityKey } from '@supergraph/runtime/identity-keys.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { createSealer, createSealingKey, sealingKeys } from '@supergraph/runtime/sealed.ts'
import { decodeJwt } from 'jose'
import { z } from 'zod'
import { postGraphQL } from '../../../testbed/graphql-client.ts'
import type { Role } from '../domain/role.ts'
import { scopesOf } from '../domain/scopes.ts'
import { type Environment, readEnvironment } from '../environment.ts'
import { startUsers } from '../server.ts'

/** What the subgraph answered; `data` is loose, each test asserts what it needs of it. */
export type SubgraphResponse = z.output<typeof answer>

const answer = z.object({
  status: z.number(),
  text: z.string(),
  data: z.record(z.string(), z.json()).nullish(),
  errors: z
    .array(z.looseObject({ message: z.string(), extensions: z.looseObject({ code: z.string() }) }))
    .optional(),
})

/** A person who registered through the API. */
export type Person = {
  readonly viewer: Extract<Viewer, { kind: 'user' }>
  readonly id: string
  readonly email: string
  readonly refreshToken: string
}

export const anonymous: Viewer = { kind: 'anonymous' }
export const password = 'correct horse battery'

const keys = await createIdentityKeys(['gateway', 'orders'])
const linkKeys = createSealingKey()
const totpKeys = createSealingKey()
/** Opens the tokens in events, as notifications does. */
export const sealer = createSealer(sealingKeys.parse(linkKeys))
const signers = {
  gateway: createIdentitySigner('gateway', identityKey.parse(keys.keys.gateway)),
  orders: createIdentitySigner('orders', identityKey.parse(keys.keys.orders)),
}

/** A signed-in user with the scopes of this role, who need not have an account. */
export const userOf = (
  role: Role,
  id: string = crypto.randomUUID(),
  sessionId: string = crypto.randomUUID(),
) =>
  ({
    kind: 'user',
    id,
    scopes: scopesOf({ role, emailVerified: false, totpSince: null }, { isStaffTotpRequired: false }),
    sessionId,
  }) satisfies Viewer

/** An identity token of the issuer that speaks for this viewer. */
export const identityToken = async (
  viewer: Viewer,
  audience = 'users',
  ...client: readonly string[]
): Promise<string> =>
  signers[viewer.kind === 'service' ? 'orders' : 'gateway'].sign(audience, viewer, ...client)

/** Variables of a subgraph in this test run. */
export const testVariables = (databaseUrl: string) => ({
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  PORT: '0',
  DATABASE_URL: databaseUrl,
  IDENTITY_ISSUERS: keys.issuers,
  LINK_KEYS: linkKeys,
  TOTP_KEYS: totpKeys,
})

/** Settings for a subgraph in this test run. */
export const testEnvironment = (databaseUrl: string, variables: Readonly<Record<string, string>> = {}) =>
  readEnvironment({ ...testVariables(databaseUrl), ...variables }) satisfies Environment

/** Starts a subgraph, on a database of its own unless one is given. */
export const runUsers = ({ databaseUrl, variables, onQuery, answersWithinMs = 0 }: RunOptions = {}) =>
  startAll(async use => {
    const url = databaseUrl ?? use(await ownDatabase()).url
    const transport = use(createInProcessTransport({ logger: createLogger('test', 'silent') }))
    const users = use(
      await startUsers(testEnvironment(url, variables), transport, { onQuery, answersWithinMs }),
    )
    const ask = async (viewer: Viewer, query: string, inputs: object = {}) =>
      askWith(users.url, await identityToken(viewer), query, inputs)
    const askFrom = async (clientAddress: string, query: string, inputs: object = {}) =>
      askWith(users.url, await identityToken(anonymous, 'users', clientAddress), query, inputs)
    return {
      url: users.url,
      databaseUrl: url,
      transport,
      ask,
      /** Asks as an anonymous client of this address. */
      askFrom,
      register: (name: string) => registerPerson(ask, name),
    }
  })

/** An empty database until it is stopped. */
export const ownDatabase = async () => {
  const { url, drop } = await createTestDatabase()
  return { url, stop: drop }
}

/** Runs one statement on a database, as its owner. */
export const onDatabase = async (
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<unknown> => {
  const source = await openDatabase({ service: 'test', url, tables: [], migrations: [] })
  return source.query(sql, [...values]).finally(() => source.destroy())
}

/** Two processes of users on one database; `onQuery` sees the statements of the first. */
export const runTwins = ({ variables, onQuery }: Omit<RunOptions, 'databaseUrl'> = {}) =>
  startAll(async use => {
    const users = use(await runUsers({ variables, onQuery }))
    return { users, twin: use(await runUsers({ variables, databaseUrl: users.databaseUrl })) }
  })

/** The events of this type that have been written for the transport, oldest first. */
export const eventsOf = async <Data>(url: string, { type, parse }: EventType<Data>) => {
  const sql = `select envelope from outbox where envelope ->> 'type' = $1 order by id`
  const rows = z.array(z.object({ envelope: z.unknown() })).parse(await onDatabase(url, sql, [type]))
  return rows.map(({ envelope }) => parse(envelope))
}

/** Sends one GraphQL request with this token, or with none. */
export const askWith = async (
  url: string,
  token: string | undefined,
  query: string,
  variables: object = {},
): Promise<SubgraphResponse> => {
  const { status, text } = await postGraphQL(url, { query, variables }, { accessToken: token })
  return answer.parse({ ...z.looseObject({}).parse(JSON.parse(text)), status, text })
}

export const registerMutation = `
  mutation ($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on Session { accessToken refreshToken expiresAt user { id name email role addresses { id } createdAt } }
      ... on Failure { message }
      ... on InvalidInput { field }
      ... on TooManyAttempts { retryAfterSeconds }
    }
  }`

export const loginMutation = `
  mutation ($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on Session { accessToken refreshToken user { id email } }
      ... on Failure { message }
      ... on TooManyAttempts { retryAfterSeconds }
    }
  }`

type RunOptions = {
  readonly answersWithinMs?: number
  readonly databaseUrl?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly onQuery?: (sql: string) => void
}

const registerPerson = async (
  ask: (viewer: Viewer, query: string, variables: object) => Promise<SubgraphResponse>,
  name: string,
): Promise<Person> => {
  const email = `${name.toLowerCase()}@people.example`
  const { data } = await ask(anonymous, registerMutation, { input: { email, password, name } })
  const { accessToken, refreshToken } = tokens.parse(data?.register)
  return { ...personOf(accessToken), email, refreshToken }
}

/** The tokens of a session that a mutation answered. */
export const tokens = z.object({ accessToken: z.string(), refreshToken: z.string() })

/** Whom an access token speaks for, as the gateway reads it. */
export const personOf = (accessToken: string): Pick<Person, 'viewer' | 'id'> => {
  const { sub, sid, scope } = z
    .object({ sub: z.string(), sid: z.string(), scope: z.string() })
    .parse(decodeJwt(accessToken))
  const scopes = scope.split(' ').filter(text => text !== '')
  return { viewer: { kind: 'user', id: sub, scopes, sessionId: sid }, id: sub }
}
