import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { Usage } from './usage.ts'

/** Is told of each graph that is served after the first one, before the graph until then may be stopped. */
type Follower<Graph> = (next: Graph) => Promise<void>

/** The graph that a process serves now; it changes while the process runs. */
export type CurrentGraph<Graph> = Running & {
  readonly now: () => Graph
  /** Lets an operation use the graph of now, which is not stopped before the operation has ended. */
  readonly use: <T>(operation: (graph: Graph) => Promise<T>) => Promise<T>
  readonly follow: (follower: Follower<Graph>) => void
  /** Serves another graph from now on, and resolves when all followers have it; the one before is stopped once it is idle. */
  readonly replace: (next: Graph) => Promise<void>
}

/** Holds the graph that is served. */
export const createCurrentGraph = <Graph extends Running & { readonly usage: Usage }>(
  first: Graph,
  logger: Logger,
): CurrentGraph<Graph> => {
  let current = first
  const retiring = new Set<Graph>()
  const followers: Follower<Graph>[] = []

  const retire = async (graph: Graph): Promise<void> => {
    await graph.usage.idle()
    if (!retiring.delete(graph)) return
    await graph.stop().catch((error: unknown) => {
      logger.error({ err: error }, 'a supergraph that is not served any more did not stop in order')
    })
  }

  return {
    now: () => current,
    use: operation => {
      const graph = current
      return graph.usage.during(() => operation(graph))
    },
    follow: follower => void followers.push(follower),
    replace: async next => {
      const before = current
      current = next
      retiring.add(before)
      try {
        await Promise.all(followers.map(follow => follow(next)))
      } finally {
        void retire(before)
      }
    },
    stop: async () => {
      const left = [...retiring, current]
      retiring.clear()
      await Promise.all(left.map(graph => graph.stop()))
    },
  }
}
