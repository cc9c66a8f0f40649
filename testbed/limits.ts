import { mailLimitVariables } from '@supergraph/notifications/environment.ts'
import { orderLimitVariables } from '@supergraph/orders/environment.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { accountLimitVariables } from '@supergraph/users/environment.ts'

/** Limits that nothing reaches, for crowds that come from one address; what is counted is still counted. */
export const highLimits: Variables = Object.fromEntries(
  Object.keys({ ...accountLimitVariables, ...orderLimitVariables, ...mailLimitVariables }).map(name => [
    name,
    '999999/1s',
  ]),
)

/** n.b. On a slow and busy machine, a subgraph may take longer than the 2 s that a shop waits for one. */
export const patience: Variables = { SUBGRAPH_TIMEOUT_MS: '20000' }
