import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { AskInProcess } from '@supergraph/subgraph/in-process.ts'
import type { CallableSubgraph, WatchedClient } from './call.ts'
import { createHttpClient } from './http-client.ts'
import { createInProcessClient, type SubgraphsInProcess } from './in-process-client.ts'
import { createUpstream, type Upstream } from './upstream.ts'

/** The connections of a process to subgraphs. */
export type SubgraphConnections = ReturnType<typeof createSubgraphConnections>

/** What one graph has of a subgraph's connections, until it stops that. */
export type SubgraphConnection = Running & { readonly client: WatchedClient; readonly upstream: Upstream }

/**
 * Shares connections among graphs that call the same subgraph at the same address; they close when the last graph stops.
 * A subgraph that runs in this process is asked directly.
 */
export const createSubgraphConnections = (inProcess: SubgraphsInProcess = new Map()) => {
  const open = new Map<
    string,
    { readonly client: WatchedClient; readonly upstream: Upstream; graphs: number }
  >()

  return {
    connect: (subgraph: CallableSubgraph): SubgraphConnection => {
      const key = JSON.stringify([subgraph.service, subgraph.url, subgraph.isToldClientAddress])
      const shared = open.get(key) ?? {
        client: createClient(subgraph, inProcess.get(subgraph.service)),
        upstream: createUpstream(subgraph),
        graphs: 0,
      }
      open.set(key, shared)
      shared.graphs += 1
      const { client, upstream } = shared
      return {
        client,
        upstream,
        stop: async () => {
          shared.graphs -= 1
          if (shared.graphs > 0) return
          open.delete(key)
          await upstream.stop()
          await client.stop()
        },
      }
    },
  }
}

const createClient = (subgraph: CallableSubgraph, ask: AskInProcess | undefined): WatchedClient =>
  ask === undefined
    ? createHttpClient(subgraph)
    : { ...createInProcessClient(subgraph, ask), isUsable: () => true }
