import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { createReplicas, type Replicas } from '@supergraph/runtime/replicas/replicas.ts'
import type { CallableSubgraph } from './call.ts'
import { createPool, type Pool } from './http/pool.ts'

/** What it takes to send a request to one replica of a subgraph. */
export type SubgraphReplica = Running & {
  readonly pool: Pick<Pool, 'send'>
  /** The part of a request's head that never changes, up to the identity token. */
  readonly head: string
}

/** The replicas of a subgraph. */
export type SubgraphReplicas = Replicas<SubgraphReplica>

/** Shares the calls of a subgraph among its replicas. */
export const createSubgraphReplicas = ({
  service,
  url,
  timeoutMs,
  logger,
}: Pick<CallableSubgraph, 'service' | 'url' | 'timeoutMs' | 'logger'>): SubgraphReplicas => {
  // n.b. where another replica can be asked instead, a lost packet is not waited for until the deadline
  const connectWithinMs = () => (replicas.count().known > 1 ? timeoutMs / 4 : timeoutMs)
  const replicas = createReplicas<SubgraphReplica>(url, {
    service,
    logger,
    open: place => {
      const pool = createPool(place, connectWithinMs)
      return { pool, head: headFor(place.url), stop: pool.stop }
    },
  })
  return replicas
}

const headFor = ({ host, pathname, search }: URL): string =>
  `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\naccept: application/json\r\nauthorization: Bearer `
