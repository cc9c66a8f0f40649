import type { Running } from '@supergraph/runtime/lifecycle.ts'

/** The graph that a process serves now; it changes while the process runs. */
export type CurrentGraph<Graph> = Running & {
  readonly now: () => Graph
  /** Lets an operation use the graph of now, which is not stopped before the operation has ended. */
  readonly use: <T>(operation: (graph: Graph) => Promise<T>) => Promise<T>
  /** Serves another graph from now on, and stops the one before when what it is used for has ended. */
  readonly replace: (next: Graph) => Promise<void>
}

type Use<Graph> = { readonly graph: Graph; operations: number; over: () => void }

/** Holds the graph that is served. */
export const createCurrentGraph = <Graph extends Running>(first: Graph): CurrentGraph<Graph> => {
  const begin = (graph: Graph): Use<Graph> => ({ graph, operations: 0, over: () => undefined })
  let current = begin(first)
  const retiring = new Set<Graph>()

  return {
    now: () => current.graph,
    use: async operation => {
      const mine = current
      mine.operations += 1
      try {
        return await operation(mine.graph)
      } finally {
        mine.operations -= 1
        if (mine.operations === 0) mine.over()
      }
    },
    replace: async next => {
      const before = current
      current = begin(next)
      retiring.add(before.graph)
      if (before.operations > 0)
        await new Promise<void>(resolve => {
          before.over = resolve
        })
      if (retiring.delete(before.graph)) await before.graph.stop()
    },
    stop: async () => {
      const left = [...retiring, current.graph]
      retiring.clear()
      await Promise.all(left.map(graph => graph.stop()))
    },
  }
}
