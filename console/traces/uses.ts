import { planIdKey } from './query-plan.ts'
import { type Span, textOf } from './span.ts'
import { isOperation } from './summary.ts'

/** How often a client ran an operation by a plan on a day. */
export type Use = {
  readonly planId: string
  readonly operation: string
  readonly client: string
  /** Such as `2026-01-31`, in UTC. */
  readonly day: string
  readonly uses: number
  readonly lastUs: number
}

/**
 * Adds the operations that spans tell of to those that were counted, of which there are at most `maxKeys`.
 * n.b. operations and clients without a name count together
 */
export const addUses = (counted: Map<string, Use>, spans: readonly Span[], maxKeys: number): void => {
  for (const span of spans) {
    const planId = textOf(span, planIdKey)
    if (planId === undefined || !isOperation(span)) continue
    const operation = textOf(span, 'graphql.operation.name') ?? ''
    const client = textOf(span, 'supergraph.client.name') ?? ''
    const day = new Date(span.startUs / 1_000).toISOString().slice(0, 10)
    const key = JSON.stringify([planId, operation, client, day])
    if (counted.size >= maxKeys && !counted.has(key)) continue
    const { uses = 0, lastUs = 0 } = counted.get(key) ?? {}
    counted.set(key, {
      planId,
      operation,
      client,
      day,
      uses: uses + 1,
      lastUs: Math.max(lastUs, span.startUs),
    })
  }
}
