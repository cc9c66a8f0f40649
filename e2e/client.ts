import { type Client, createClient } from 'graphql-ws'
import { vi } from 'vitest'
import { WebSocket } from 'ws'

/** What a GraphQL server answered; data is read by the tests as they know it. */
// biome-ignore lint/suspicious/noExplicitAny: a test states the shape that it expects by reading it
export type Answer = { readonly data: any; readonly errors?: readonly AnswerError[] }

type AnswerError = {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code?: string; readonly service?: string }
}

/** A front end of the shop at a GraphQL URL, signed in or not. */
export const createFrontEnd = (url: string, accessToken?: string) => ({
  /** Asks over HTTP. */
  ask: async (query: string, variables: object = {}): Promise<Answer> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
    })
    return JSON.parse(await response.text())
  },
  /** Subscribes over a WebSocket of its own. */
  watch: (query: string, variables: object = {}): Watch => {
    const client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(accessToken === undefined ? {} : { connectionParams: { authorization: `Bearer ${accessToken}` } }),
    })
    return watch(client, query, variables)
  },
})

export type FrontEnd = ReturnType<typeof createFrontEnd>

/** A running subscription: what has arrived, and how it ended. */
export type Watch = {
  readonly received: readonly Answer[]
  /** Resolves with the `count`-th answer (from 1), once it is there. */
  readonly answer: (count: number) => Promise<Answer>
  readonly ended: Promise<unknown>
  readonly stop: () => Promise<void>
}

const watch = (client: Client, query: string, variables: object): Watch => {
  const received: Answer[] = []
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
  client.subscribe(
    { query, variables: { ...variables } },
    {
      next: value =>
        received.push({ data: value.data, ...(value.errors ? { errors: value.errors.map(toError) } : {}) }),
      error: error => {
        // n.b. an operation that is refused as a whole ends with its errors, where another would send an answer
        if (Array.isArray(error)) received.push({ data: null, errors: error.map(toError) })
        end(error)
      },
      complete: () => end(undefined),
    },
  )
  return {
    received,
    answer: count =>
      vi.waitFor(
        () => {
          const answer = received[count - 1]
          if (answer === undefined)
            throw new Error(`${received.length} of ${count} answers: ${JSON.stringify(received)}`)
          return answer
        },
        { timeout: 15_000, interval: 20 },
      ),
    ended,
    stop: async () => void (await client.dispose()),
  }
}

const toError = ({
  message,
  extensions,
}: {
  message: string
  extensions?: Record<string, unknown>
}): AnswerError => ({
  message,
  extensions: { code: String(extensions?.code) },
})

/** Opens an account and signs in. */
export const signUp = async (url: string, name: string): Promise<FrontEnd> => {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}.${crypto.randomUUID()}@example.com`
  const input = { email, password: 'a long enough password', name }
  const anonymous = createFrontEnd(url)
  await anonymous.ask(
    'mutation Register($input: RegisterInput!) { register(input: $input) { __typename } }',
    { input },
  )
  return signIn(url, { email, password: input.password })
}

export const signIn = async (
  url: string,
  input: { readonly email: string; readonly password: string },
): Promise<FrontEnd> => {
  const { data, errors } = await createFrontEnd(url).ask(
    'mutation Login($input: LoginInput!) { login(input: $input) { __typename ... on Session { accessToken } } }',
    { input },
  )
  if (data?.login?.__typename !== 'Session') throw new Error(JSON.stringify({ data, errors }))
  return createFrontEnd(url, data.login.accessToken)
}
