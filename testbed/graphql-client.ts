import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from 'graphql-ws'
import { type Dispatcher, request } from 'undici'
import { WebSocket } from 'ws'
import { waitUntil } from './waiting.ts'

/** What a GraphQL server answers; a test states the shape of the data that it expects by reading it. */
export type GraphQLResponse = {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly data: any
  readonly errors?: readonly ResponseError[]
}

type ResponseError = {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code?: string; readonly service?: string; readonly retryable?: boolean }
}

export type Operation = { readonly query: string; readonly variables?: object }

type RequestOptions = {
  readonly accessToken?: string | undefined
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Connections of the caller's own. */
  readonly dispatcher?: Dispatcher
}

/** Sends an operation over HTTP, and returns the answer as it is. */
export const postGraphQL = async (
  url: string,
  { query, variables = {} }: Operation,
  { accessToken, headers = {}, dispatcher }: RequestOptions = {},
): Promise<{ readonly status: number; readonly text: string }> => {
  const { body, statusCode } = await request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
    ...(dispatcher && { dispatcher }),
  })
  return { status: statusCode, text: await body.text() }
}

/** Says that the server which answered is no GraphQL server. */
export class NoGraphQLResponse extends Error {}

/** Sends an operation over HTTP; throws a NoGraphQLResponse if what comes back is not JSON. */
export const requestGraphQL = async (
  url: string,
  operation: Operation,
  options: RequestOptions = {},
): Promise<GraphQLResponse> => {
  const { status, text } = await postGraphQL(url, operation, options)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NoGraphQLResponse(`${url} answered ${status} ${text.slice(0, 500)}`, { cause })
  }
}

/** A client of the GraphQL endpoint at `url`, signed in if it has an access token. */
export const createGraphQLClient = (url: string, accessToken?: string) => ({
  accessToken,
  /** Sends an operation over HTTP. */
  ask: (query: string, variables: object = {}): Promise<GraphQLResponse> =>
    requestGraphQL(url, { query, variables }, { accessToken }),
  /** Subscribes over a WebSocket of its own. */
  watch: (query: string, variables: object = {}): Watch =>
    watch(openSocketClient(url, accessToken).client, query, variables),
})

export type GraphQLClient = ReturnType<typeof createGraphQLClient>

/** A graphql-ws client that does not reconnect by itself, and its newest socket. */
export const openSocketClient = (
  url: string,
  accessToken?: string,
): { readonly client: Client; readonly socket: () => WebSocket | undefined } => {
  let socket: WebSocket | undefined
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols)
        socket = this
      }
    },
    retryAttempts: 0,
    ...(accessToken === undefined ? {} : { connectionParams: { authorization: `Bearer ${accessToken}` } }),
  })
  return { client, socket: () => socket }
}

/** A running subscription: what has arrived, and how it ended. */
export type Watch = {
  readonly received: readonly GraphQLResponse[]
  /** Resolves with the `count`-th response (from 1) once it has arrived. */
  readonly answer: (count: number) => Promise<GraphQLResponse>
  readonly ended: Promise<unknown>
  readonly stop: () => Promise<void>
}

const watch = (client: Client, query: string, variables: object): Watch => {
  const received: GraphQLResponse[] = []
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
  client.subscribe(
    { query, variables: { ...variables } },
    {
      next: value =>
        received.push({ data: value.data, ...(value.errors ? { errors: value.errors.map(toError) } : {}) }),
      error: error => {
        // n.b. An operation that is refused as a whole ends with its errors instead of a response.
        if (Array.isArray(error)) received.push({ data: null, errors: error.map(toError) })
        end(error)
      },
      complete: () => end(undefined),
    },
  )
  const isThere = (count: number) => async () => {
    if (received.length >= count) return true
    throw new Error(`${received.length} have arrived: ${JSON.stringify(received)}`)
  }
  return {
    received,
    answer: async count => {
      await waitUntil(`response ${count} has arrived`, isThere(count), { timeoutMs: 60_000 })
      return received[count - 1] ?? { data: undefined }
    },
    ended,
    stop: async () => void (await client.dispose()),
  }
}

const toError = ({
  message,
  extensions,
}: {
  readonly message: string
  readonly extensions?: Readonly<Record<string, unknown>>
}): ResponseError => ({ message, extensions: { code: String(extensions?.code) } })

const patienceMs = 60_000
const pauseMs = 250

/**
 * Sends a request as the API tells clients to: the same again, after a pause, while the answer is TryAgain, or that a service
 * is away, or an order or refund that is PENDING. Resolves with the answer that is final, or after a minute with the last
 * one. A mutation must be such as does no harm twice, by its idempotency key or by itself.
 */
export const askUntilFinal = async (
  ask: GraphQLClient['ask'],
  query: string,
  variables: object = {},
): Promise<GraphQLResponse> => {
  const endsAtMs = Date.now() + patienceMs
  for (;;) {
    const answer = await ask(query, variables)
    const waitMs = waitBeforeRepeating(answer)
    if (waitMs === undefined || Date.now() > endsAtMs) return answer
    await pause(waitMs)
  }
}

const passing: ReadonlySet<string | undefined> = new Set(['SERVICE_UNAVAILABLE', 'SERVICE_TIMEOUT'])

const waitBeforeRepeating = ({ data, errors = [] }: GraphQLResponse): number | undefined => {
  if (errors.some(({ extensions }) => passing.has(extensions?.code))) return pauseMs
  for (const result of Object.values<GraphQLResponse['data']>(data ?? {})) {
    if (result?.__typename === 'TryAgain') return result.retryAfterSeconds * 1_000
    if (result?.order?.status === 'PENDING' || result?.refund?.status === 'PENDING') return pauseMs
  }
  return undefined
}

/** Opens an account and signs in; by an e-mail address of its own, unless one is given. */
export const signUp = async (
  url: string,
  name: string,
  email = `${name.toLowerCase().replaceAll(' ', '.')}.${crypto.randomUUID()}@example.com`,
): Promise<GraphQLClient> => {
  const input = { email, password: 'a long enough password', name }
  await askUntilFinal(
    createGraphQLClient(url).ask,
    'mutation Register($input: RegisterInput!) { register(input: $input) { __typename } }',
    { input },
  )
  // n.b. The answer to a registration may be lost, and a second one finds the address taken.
  return signIn(url, { email, password: input.password })
}

/** Signs in, and asks again while accounts are away if `isPatient`. */
export const signIn = async (
  url: string,
  input: { readonly email: string; readonly password: string },
  { isPatient = true } = {},
): Promise<GraphQLClient> => {
  const { ask } = createGraphQLClient(url)
  const login =
    'mutation Login($input: LoginInput!) { login(input: $input) { __typename ... on Session { accessToken } } }'
  const asked = isPatient ? askUntilFinal(ask, login, { input }) : ask(login, { input })
  const { data, errors } = await asked
  if (data?.login?.__typename !== 'Session') throw new Error(JSON.stringify({ data, errors }))
  return createGraphQLClient(url, data.login.accessToken)
}
