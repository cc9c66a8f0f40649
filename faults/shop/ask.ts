import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Agent } from 'undici'
import { NoGraphQLResponse, type Operation, requestGraphQL } from '../../testbed/graphql-client.ts'
import { type ProcessName, serviceOf } from '../../testbed/system/plan.ts'
import type { FaultSystem } from '../fault-system.ts'

/** The outcome of a request: data, a response with errors, or no response, as from a process that was killed. */
export type AskOutcome =
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'failed' | 'lost'; readonly message: string }

/** Asks a subgraph as the gateway does. */
export type Ask = (
  process: ProcessName,
  request: Operation & { readonly viewer: Viewer },
) => Promise<AskOutcome>

/** A request of a customer to a gateway, and how it was answered: by nothing, if `lost` says why. */
export type Asked = {
  readonly kind: 'page' | 'checkout'
  readonly tookMs: number
  /** The codes of the errors in the answer. */
  readonly codes: readonly string[]
  readonly lost?: string
}

/** The gateway that stands before an orders process. */
export const gatewayBefore = (process: ProcessName): ProcessName | undefined =>
  process === 'orders-1' ? 'gateway-1' : process === 'orders-2' ? 'gateway-2' : undefined

const timeoutMs = 10_000
const lostAfterMs = 25_000

/**
 * Asks over as many connections as there are requests at once. What customers ask a process goes to the gateway that `gatewayOf`
 * names for it, if any, as from their browsers; `onAsked` is told how each of these requests was answered.
 */
export const createAsk = (
  { urlOf, gateway, accessToken: customersToken }: Pick<FaultSystem, 'urlOf' | 'gateway' | 'accessToken'>,
  gatewayOf: (process: ProcessName) => ProcessName | undefined = () => undefined,
  onAsked: (asked: Asked) => void = () => {},
): Running & { readonly ask: Ask } => {
  const dispatcher = new Agent({ headersTimeout: lostAfterMs, bodyTimeout: lostAfterMs, connections: null })
  const headers = { 'request-timeout-ms': String(timeoutMs) }
  const ask: Ask = async (process, { viewer, ...operation }) => {
    const isCustomer = viewer.kind === 'user' && viewer.scopes.length === 0
    const through = isCustomer ? gatewayOf(process) : undefined
    const accessToken =
      isCustomer && through !== undefined
        ? await customersToken(viewer.id)
        : await gateway.sign(serviceOf(process), viewer)
    const startedAtMs = performance.now()
    const note = (answer: Pick<Asked, 'codes' | 'lost'>): void => {
      const kind = operation.query.startsWith('mutation') ? 'checkout' : 'page'
      if (through !== undefined) onAsked({ kind, tookMs: performance.now() - startedAtMs, ...answer })
    }
    try {
      const { data, errors } = await requestGraphQL(urlOf(through ?? process), operation, {
        accessToken,
        headers,
        dispatcher,
      })
      note({ codes: (errors ?? []).map(({ extensions }) => extensions?.code ?? 'none') })
      return errors === undefined
        ? { kind: 'data', data }
        : { kind: 'failed', message: errors.map(({ message }) => message).join('; ') }
    } catch (error) {
      note({ codes: [], lost: messageOf(error) })
      return { kind: error instanceof NoGraphQLResponse ? 'failed' : 'lost', message: messageOf(error) }
    }
  }
  return { ask, stop: () => dispatcher.destroy() }
}
