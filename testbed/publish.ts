import { z } from 'zod'
import { requestGraphQL } from './graphql-client.ts'

/** Where subgraphs are published: a registry's origin, a key to it, and a graph and variant such as `shop@current`. */
export type PublishTo = { readonly url: string; readonly key: string; readonly ref: string }

/** What became of a publish: the number of the version, and why it does not compose. */
export type Published = { readonly version: string; readonly errors: readonly string[] }

const mutation = `mutation Publish(
  $graph: ID!, $variant: String!, $name: String!, $url: String, $sdl: String!, $message: String
) {
  graph(id: $graph) {
    publishSubgraph(
      name: $name, url: $url, revision: "", activePartialSchema: { sdl: $sdl }, graphVariant: $variant,
      gitContext: { committer: "a test", message: $message }
    ) { errors { message } launchCliCopy }
  }
}`

const answer = z.object({
  graph: z.object({
    publishSubgraph: z.object({
      errors: z.array(z.object({ message: z.string() })),
      launchCliCopy: z.string().regex(/ at version \d+\.$/),
    }),
  }),
})

/** Publishes a subgraph over HTTP, as rover does; throws if the registry does not take it. */
export const publishSubgraph = async (
  { url, key, ref }: PublishTo,
  subgraph: { readonly name: string; readonly url?: string; readonly sdl: string },
  message = '',
): Promise<Published> => {
  const [graph, variant] = ref.split('@')
  const response = await requestGraphQL(
    `${url}/graphql`,
    { query: mutation, variables: { graph, variant, ...subgraph, message } },
    { headers: { 'x-api-key': key } },
  )
  const parsed = answer.safeParse(response.data)
  if (!parsed.success) throw new Error(`it was not published: ${JSON.stringify(response)}`)
  const { errors, launchCliCopy } = parsed.data.graph.publishSubgraph
  return {
    version: /(\d+)\.$/.exec(launchCliCopy)?.[1] ?? '',
    errors: errors.map(error => error.message),
  }
}
