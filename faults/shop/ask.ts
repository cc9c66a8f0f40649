import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Agent, request } from 'undici'
import { z } from 'zod'
import type { Service } from '../system/services.ts'
import type { System } from '../system/system.ts'

/** What came of a request: data, an answer without (5xx, GraphQL errors), or none, as from a process that was killed. */
export type Answer =
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'failed' | 'lost'; readonly message: string }

export type Request = { readonly query: string; readonly variables: object; readonly viewer: Viewer }

/** Asks a subgraph as the gateway does. */
export type Ask = (service: Service, request: Request) => Promise<Answer>

const timeoutMs = 10_000
const lostAfterMs = 25_000

/** Asks over as many connections as there are requests at once. */
export const createAsk = ({
  urlOf,
  gateway,
}: Pick<System, 'urlOf' | 'gateway'>): Running & { readonly ask: Ask } => {
  const dispatcher = new Agent({ headersTimeout: lostAfterMs, bodyTimeout: lostAfterMs, connections: null })
  const ask: Ask = async (service, { query, variables, viewer }) => {
    const token = await gateway.sign(service.replace(/-\d$/, ''), viewer)
    try {
      const response = await request(urlOf(service), {
        dispatcher,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'request-timeout-ms': String(timeoutMs),
        },
        body: JSON.stringify({ query, variables }),
      })
      const text = await response.body.text()
      const answer = envelope.safeParse(response.statusCode === 200 ? JSON.parse(text) : undefined)
      if (!answer.success) return { kind: 'failed', message: `${response.statusCode} ${text.slice(0, 500)}` }
      const { data, errors } = answer.data
      return errors === undefined
        ? { kind: 'data', data }
        : { kind: 'failed', message: errors.map(({ message }) => message).join('; ') }
    } catch (error) {
      return { kind: 'lost', message: error instanceof Error ? error.message : String(error) }
    }
  }
  return { ask, stop: () => dispatcher.destroy() }
}

const envelope = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})
