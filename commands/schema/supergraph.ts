import { composeServices } from '@apollo/composition'
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { describeRequiredArguments, findRequiredArguments } from '@supergraph/gateway/required-arguments.ts'
import { parse, printSchema } from 'graphql'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

const roverConfig = z.object({
  federation_version: z.string(),
  subgraphs: z.record(
    z.string(),
    z.object({ routing_url: z.string(), schema: z.object({ file: z.string() }) }),
  ),
})

export type Composition =
  | {
      readonly kind: 'composed'
      readonly supergraph: string
      readonly api: string
      readonly hints: readonly string[]
    }
  | {
      readonly kind: 'failed'
      readonly errors: readonly { readonly code: string; readonly message: string }[]
    }

/**
 * Composes the subgraphs that `rover.yaml` names; `read` returns a file's text by its path in the repository,
 * from the working tree or from any commit.
 */
export const composeSupergraph = (read: (path: string) => string): Composition => {
  const { subgraphs } = roverConfig.parse(parseYaml(read('rover.yaml')))
  const result = composeServices(
    Object.entries(subgraphs).map(([name, { routing_url, schema }]) => ({
      name,
      url: routing_url,
      typeDefs: parse(read(schema.file)),
    })),
  )
  if (result.errors) {
    return {
      kind: 'failed',
      errors: result.errors.map(({ message, extensions }) => ({
        code: typeof extensions.code === 'string' ? extensions.code : 'UNKNOWN',
        message,
      })),
    }
  }
  const wrong = findRequiredArguments(parse(result.supergraphSdl))
  if (wrong.length > 0) {
    const errors = wrong.map(found => ({
      code: 'REQUIRED_FIELD_WITH_ARGUMENTS',
      message: describeRequiredArguments(found),
    }))
    return { kind: 'failed', errors }
  }
  return {
    kind: 'composed',
    supergraph: result.supergraphSdl,
    api: `${printSchema(apiSchemaOf(result.supergraphSdl))}\n`,
    hints: result.hints.map(hint => hint.toString()),
  }
}

/** The schema that clients see: the supergraph without inaccessible parts and without federation's own names. */
export const apiSchemaOf = (supergraphSdl: string) =>
  Supergraph.build(supergraphSdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES })
    .apiSchema()
    .toGraphQLJSSchema()
