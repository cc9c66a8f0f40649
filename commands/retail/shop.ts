import { setTimeout as pause } from 'node:timers/promises'
import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { codeOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { isLoopback } from '@supergraph/runtime/hosts.ts'
import { z } from 'zod'

/** Somebody's access to the shop, which stays valid. */
export type Access = {
  /** An access token that is not the `refused` one. */
  readonly accessToken: (refused?: string) => Promise<string>
}

/** The shop's public API over HTTP. */
export type Shop = {
  /** Runs an operation and returns its data; throws ShopError if the shop responds with errors or not at all. */
  readonly request: <T extends z.ZodType>(
    data: T,
    operation: string,
    variables: Readonly<Record<string, unknown>>,
    access?: Access,
  ) => Promise<z.output<T>>
}

/** The shop refused a request or did not respond; the message says why, and `code` is that of the GraphQL error if there is one. */
export class ShopError extends ExpectedError {
  readonly code: string | undefined
  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

const attempts = 5
const firstPauseMs = 250
const timeoutMs = 30_000

const responseBody = z
  .object({
    data: z.unknown(),
    errors: z.array(
      z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }),
    ),
  })
  .partial()
  .refine(({ data, errors }) => data !== undefined || errors !== undefined)

/**
 * A client of the GraphQL endpoint at `url`. It repeats a request for a few seconds during an outage, and once if an access
 * token was refused: all requests may be repeated.
 */
export const connectShop = (url: string): Shop => {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new ShopError(`--url takes an address such as http://127.0.0.1:4000/graphql, and not “${url}”`)
  }
  let hasAnswered = false

  const send = async (body: string, token: string | undefined): Promise<Answer> => {
    try {
      const response = await post(url, body, token)
      const answer = readAnswer(url, response.status, await response.text())
      hasAnswered ||= 'data' in answer || answer.code !== undefined
      return answer
    } catch (error) {
      return { isOutage: true, problem: noAnswer(url, error, hasAnswered) }
    }
  }

  return {
    request: async (data, operation, variables, access) => {
      const body = JSON.stringify({ query: operation, variables })
      let token = await access?.accessToken()
      let isRenewed = false
      for (let attempt = 1; ; attempt += 1) {
        const answer = await send(body, token)
        if ('data' in answer) return parseData(url, data, answer.data)
        if (answer.code === 'UNAUTHENTICATED' && access !== undefined && !isRenewed) {
          isRenewed = true
          token = await access.accessToken(token)
        } else if (!answer.isOutage || attempt === attempts) {
          throw new ShopError(answer.problem, answer.code)
        } else await pause(firstPauseMs * 2 ** attempt)
      }
    },
  }
}

const post = (url: string, body: string, token: string | undefined): Promise<Response> => {
  // n.b. a proxy that the environment names has no way to a shop on this machine
  const send = isLoopback(new URL(url).host) ? directFetch : fetch
  return send(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  })
}

const readAnswer = (url: string, status: number, text: string): Answer => {
  const parsed = responseBody.safeParse(jsonOf(text))
  if (!parsed.success) {
    return { isOutage: isBusy(status), problem: `${url} is no GraphQL endpoint (HTTP ${status})` }
  }
  const [error] = parsed.data.errors ?? []
  if (error === undefined) return { data: parsed.data.data }
  const code = error.extensions?.code
  return { isOutage: isOutage(code), problem: `${code ?? 'ERROR'}: ${error.message}`, code }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const noAnswer = (url: string, error: unknown, hasAnswered: boolean): string => {
  const code = codeOf(error instanceof Error ? error.cause : undefined)
  const why = code === '' ? '' : ` (${code})`
  return hasAnswered
    ? `${url} does not answer any more${why}: see that the system runs, then run this again, which goes on where it ended`
    : `${url} does not answer${why}: start the system with npm start, or name it with --url`
}

const longestWaitSeconds = 120
const shortWaitSeconds = 2

/** What a shop answers if it may ask to wait before the same is asked again. */
type MayWait = {
  readonly __typename: string
  readonly message?: string | undefined
  readonly retryAfterSeconds?: number | undefined
}

/** Asks again for as long as the shop asks to wait, two minutes in all; says so if a wait is not short. Returns the last answer. */
export const askPatiently = async <T extends MayWait>(ask: () => Promise<T>): Promise<T> => {
  for (let waitedSeconds = 0; ; ) {
    const answer = await ask()
    if (answer.retryAfterSeconds === undefined) return answer
    const waitSeconds = Math.max(answer.retryAfterSeconds, 1)
    waitedSeconds += waitSeconds
    if (waitedSeconds > longestWaitSeconds) return answer
    if (waitSeconds >= shortWaitSeconds) {
      console.error(`${answer.message ?? 'The shop asks to wait.'} Waiting for ${waitSeconds} seconds.`)
    }
    await pause(waitSeconds * 1_000)
  }
}

type Answer =
  | { readonly data: unknown }
  | { readonly isOutage: boolean; readonly problem: string; readonly code?: string | undefined }

const isOutage = (code: string | undefined) => code === 'SERVICE_UNAVAILABLE' || code === 'SERVICE_TIMEOUT'

/** Whether a proxy says that the shop can't answer at this moment. */
const isBusy = (status: number) => status === 429 || (status >= 502 && status <= 504)

const parseData = <T extends z.ZodType>(url: string, shape: T, data: unknown): z.output<T> => {
  const parsed = shape.safeParse(data)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ShopError(
    `${url} answers something unknown in ${issue?.path.join('.')}: it runs another version than this command`,
  )
}
