import { setTimeout as pause } from 'node:timers/promises'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { z } from 'zod'

/** The shop's public API over HTTP. */
export type Shop = {
  /** Runs an operation and returns its data; throws ShopError if the shop responds with errors or not at all. */
  readonly request: <T extends z.ZodType>(
    data: T,
    operation: string,
    variables: Readonly<Record<string, unknown>>,
    accessToken?: string,
  ) => Promise<z.output<T>>
}

/** The shop refused a request or did not respond; the message says why. */
export class ShopError extends ExpectedError {}

const attempts = 5
const firstPauseMs = 250
const timeoutMs = 30_000

const responseBody = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }),
    )
    .optional(),
})

/** A client of the GraphQL endpoint at `url`. It repeats a request for a few seconds during an outage: all requests may be repeated. */
export const connectShop = (url: string): Shop => ({
  request: async (data, operation, variables, accessToken) => {
    let problem = ''
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await pause(firstPauseMs * 2 ** attempt)
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        },
        body: JSON.stringify({ query: operation, variables }),
        signal: AbortSignal.timeout(timeoutMs),
      }).catch(() => undefined)
      if (response === undefined) {
        problem = `${url} does not answer: start the system with npm start, or name it with --url`
        continue
      }
      const parsed = responseBody.safeParse(await response.json().catch(() => undefined))
      if (!parsed.success) throw new ShopError(`${url} is no GraphQL endpoint (HTTP ${response.status})`)
      const [error] = parsed.data.errors ?? []
      if (error === undefined) return data.parse(parsed.data.data)
      problem = `${error.extensions?.code ?? 'ERROR'}: ${error.message}`
      if (!isOutage(error.extensions?.code)) break
    }
    throw new ShopError(problem)
  },
})

const isOutage = (code: string | undefined) => code === 'SERVICE_UNAVAILABLE' || code === 'SERVICE_TIMEOUT'

const loginData = z.object({
  login: z.discriminatedUnion('__typename', [
    z.object({ __typename: z.literal('Session'), accessToken: z.string() }),
    z.object({ __typename: z.literal('InvalidCredentials') }),
  ]),
})

/** Signs in; undefined if e-mail and password don't match. */
export const signIn = async (
  shop: Shop,
  credentials: { readonly email: string; readonly password: string },
): Promise<string | undefined> => {
  const { login } = await shop.request(
    loginData,
    `mutation Login($input: LoginInput!) {
      login(input: $input) { __typename ... on Session { accessToken } }
    }`,
    { input: credentials },
  )
  return login.__typename === 'Session' ? login.accessToken : undefined
}

const productsPerRequest = 20

const foundProduct = z
  .object({
    id: z.string(),
    name: z.string(),
    price: z.object({ amountMinor: z.int(), currency: z.string() }),
  })
  .nullable()

export type FoundProduct = NonNullable<z.output<typeof foundProduct>>

/** The shop's products with these skus, by sku; `onProgress` is called with the number of skus that were just looked up. */
export const findProducts = async (
  shop: Shop,
  skus: readonly string[],
  onProgress: (count: number) => void,
): Promise<ReadonlyMap<string, FoundProduct>> => {
  const found = new Map<string, FoundProduct>()
  for (let start = 0; start < skus.length; start += productsPerRequest) {
    const page = skus.slice(start, start + productsPerRequest)
    const products = await shop.request(
      z.record(z.string(), foundProduct),
      `query FindProducts(${page.map((_, index) => `$sku${index}: String!`)}) {
        ${page.map((_, index) => `product${index}: product(sku: $sku${index}) { id name price { amountMinor currency } }`).join('\n')}
      }`,
      Object.fromEntries(page.map((sku, index) => [`sku${index}`, sku])),
    )
    for (const [index, sku] of page.entries()) {
      const product = products[`product${index}`]
      if (product) found.set(sku, product)
    }
    onProgress(page.length)
  }
  return found
}

/** Runs `work` on every item, `concurrency` at a time. */
export const forEach = async <T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}
