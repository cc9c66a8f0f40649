import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { z } from 'zod'

/** Which supergraph a registry is asked for. */
export type SupergraphAddress = {
  /** The registry's Uplink, such as `http://127.0.0.1:4008/uplink`. */
  readonly url: string
  /** A graph and its variant, such as `shop@current`. */
  readonly ref: string
  readonly key: string
}

/** What a registry answers; `delayMs` is when it wants to be asked again. */
type Fetched = { readonly delayMs: number } & (
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'supergraph'; readonly id: string; readonly sdl: string }
)

const query = `query SupergraphSdlQuery($apiKey: String!, $ref: String!, $ifAfterId: ID) {
  routerConfig(ref: $ref, apiKey: $apiKey, ifAfterId: $ifAfterId) {
    __typename
    ... on RouterConfigResult { id supergraphSDL minDelaySeconds }
    ... on Unchanged { minDelaySeconds }
    ... on FetchError { code message }
  }
}`

const minDelayMs = 100
const maxDelayMs = 3_600_000

// n.b. a timer that is set to more than 24 days runs at once
const delay = z.number().transform(seconds => Math.min(Math.max(seconds * 1_000, minDelayMs), maxDelayMs))
const answer = z.object({
  data: z.object({
    routerConfig: z.discriminatedUnion('__typename', [
      z.object({
        __typename: z.literal('RouterConfigResult'),
        id: z.string(),
        supergraphSDL: z.string(),
        minDelaySeconds: delay,
      }),
      z.object({ __typename: z.literal('Unchanged'), minDelaySeconds: delay }),
      z.object({ __typename: z.literal('FetchError'), code: z.string(), message: z.string() }),
    ]),
  }),
})

/** Asks a registry for its supergraph, unless that is still the one with this id; throws if it has none for this key. */
export const fetchSupergraph = async (
  { url, ref, key }: SupergraphAddress,
  ifAfterId: string | undefined,
  signal: AbortSignal,
): Promise<Fetched> => {
  const response = await directFetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { ref, apiKey: key, ifAfterId } }),
    signal,
  })
  if (!response.ok) throw new Error(`the registry answers ${response.status}`)
  const { routerConfig } = answer.parse(await response.json()).data
  switch (routerConfig.__typename) {
    case 'RouterConfigResult': {
      const { id, supergraphSDL: sdl, minDelaySeconds: delayMs } = routerConfig
      return { kind: 'supergraph', id, sdl, delayMs }
    }
    case 'Unchanged':
      return { kind: 'unchanged', delayMs: routerConfig.minDelaySeconds }
    case 'FetchError':
      throw new Error(`the registry refuses: ${routerConfig.code}, ${routerConfig.message}`)
    default:
      return routerConfig satisfies never
  }
}
