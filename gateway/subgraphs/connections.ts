import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { AskInProcess } from '@supergraph/subgraph/in-process.ts'
import type { CallableSubgraph, WatchedClient } from './call.ts'
import { createHttpClient } from './http-client.ts'
import { createInProcessClient, type SubgraphsInProcess } from './in-process-client.ts'
import { createSubgraphReplicas, type SubgraphReplicas } from './subgraph-replicas.ts'
import { createUpstream, type Upstream } from './upstream.ts'

/** The connections of a process to subgraphs. */
export type SubgraphConnections = ReturnType<typeof createSubgraphConnections>

/** What one graph has of a subgraph's connections, until it stops that. */
export type SubgraphConnection = Running & {
  readonly client: WatchedClient
  readonly upstream: Upstream
  readonly replicas: Pick<SubgraphReplicas, 'count'>
}

type Shared = ReturnType<typeof connectTo> & { graphs: number }

/**
 * Shares connections among graphs that call the same subgraph at the same address; they close when the last graph stops.
 * A subgraph that runs in this process is asked directly.
 */
export const createSubgraphConnections = (inProcess: SubgraphsInProcess = new Map()) => {
  const open = new Map<string, Shared>()

  return {
    connect: (subgraph: CallableSubgraph): SubgraphConnection => {
      const key = JSON.stringify([subgraph.service, subgraph.url, subgraph.told])
      const shared = open.get(key) ?? { ...connectTo(subgraph, inProcess.get(subgraph.service)), graphs: 0 }
      open.set(key, shared)
      shared.graphs += 1
      const { client, upstream, replicas } = shared
      return {
        client,
        upstream,
        replicas,
        stop: async () => {
          shared.graphs -= 1
          if (shared.graphs > 0) return
          open.delete(key)
          await upstream.stop()
          await client.stop()
          await replicas.stop()
        },
      }
    },
  }
}

const connectTo = (subgraph: CallableSubgraph, ask: AskInProcess | undefined) => {
  const replicas = createSubgraphReplicas(subgraph)
  return {
    replicas,
    client: createClient(subgraph, ask, replicas),
    upstream: createUpstream(subgraph, { replicas }),
  }
}

const createClient = (
  subgraph: CallableSubgraph,
  ask: AskInProcess | undefined,
  replicas: SubgraphReplicas,
): WatchedClient =>
  ask === undefined
    ? createHttpClient(subgraph, replicas)
    : { ...createInProcessClient(subgraph, ask), isUsable: () => true }
