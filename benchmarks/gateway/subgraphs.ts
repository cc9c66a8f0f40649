import { graphql } from 'graphql'
import { z } from 'zod'
import { createSubgraphSchema, type Graph } from './graphs/graph.ts'
import { graphs } from './graphs/graphs.ts'
import { startMemoServer } from './memo-server.ts'
import { serveParent } from './parent.ts'

const operation = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
})
let delayMs = 0

const startSubgraph = (graph: Graph, name: string): Promise<string> => {
  const schema = createSubgraphSchema(graph, name)
  return startMemoServer(
    async body => {
      const { query, operationName, variables } = operation.parse(JSON.parse(body))
      const result = await graphql({
        schema,
        source: query,
        rootValue: graph.root,
        operationName: operationName ?? null,
        variableValues: variables ?? {},
      })
      if (result.errors !== undefined) console.error(name, query, result.errors)
      return JSON.stringify(result)
    },
    () => delayMs,
  )
}

const started = Object.entries(graphs).map(async ([graphName, graph]) => {
  const names = Object.keys(graph.subgraphs)
  const urls = await Promise.all(names.map(async name => [name, await startSubgraph(graph, name)]))
  return [graphName, Object.fromEntries(urls)]
})

serveParent(Object.fromEntries(await Promise.all(started)), question => {
  delayMs = z.number().parse(question)
  return delayMs
})
