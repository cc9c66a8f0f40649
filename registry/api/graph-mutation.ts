import { z } from 'zod'
import { checkSubgraph } from '../checks.ts'
import type { Grant } from '../database/key-store.ts'
import { type GraphRef, isName, nameRule, textOf } from '../graph-ref.ts'
import { Refusal } from '../refusal.ts'
import { storedText } from '../stored-text.ts'
import { usageWindow } from '../usage/usage-window.ts'
import type { Outcome, Signature } from '../variant-changes.ts'
import { demandGraph, demandRole } from './caller.ts'
import { validateOperations } from './client-check.ts'
import { pushEvents } from './events.ts'
import { lintSchema } from './lint.ts'
import { createListMutation } from './persisted-queries.ts'
import type { Services } from './services.ts'
import { findVariant } from './variant.ts'

const byId = z.object({ id: z.string() })
const byName = z.object({ name: z.string() })
const byTag = z.object({ tag: z.string() })

const gitContext = z
  .object({ committer: storedText().nullish(), message: storedText().nullish() })
  .nullish()
  .transform(
    (context): Signature => ({
      author: context?.committer?.slice(0, maxTextLength) || 'unknown',
      message: context?.message?.slice(0, maxTextLength) ?? '',
    }),
  )

const publication = z.object({
  name: z.string(),
  url: storedText().nullish(),
  activePartialSchema: z.object({ sdl: storedText() }),
  graphVariant: z.string(),
  gitContext,
})

const removal = z.object({ name: z.string(), graphVariant: z.string(), dryRun: z.boolean().default(false) })

const proposal = z.object({
  input: z.object({
    subgraphName: z.string(),
    proposedSchema: storedText(),
    config: usageWindow,
    gitContext: z.object({ commit: storedText().nullish() }).nullish(),
  }),
})

const maxTextLength = 1_000
const shownHashLength = 8

/** The root of mutations for one caller: graphql's default resolvers call its functions with the arguments of the fields. */
export const createMutationRoot = (services: Services, caller: Grant) => ({
  graph: (given: unknown) => {
    const { id } = byId.parse(given)
    demandGraph(caller, id)
    return createGraphMutation(services, caller)
  },
})

const createGraphMutation = (services: Services, caller: Grant) => {
  const { graph } = caller
  const { changes, composer } = services
  return {
    publishSubgraph: async (given: unknown) => {
      demandRole(caller, 'publish')
      const { name, url, activePartialSchema, graphVariant, gitContext: signature } = publication.parse(given)
      const ref = refTo(graph, graphVariant)
      demandSubgraphName(name)
      demandUrl(url)
      const { sdl } = activePartialSchema
      await composer.demandGraphql([{ what: `the schema of ${name}`, text: sdl }])
      const outcome = await changes.publish(ref, { name, url: url ?? undefined, sdl }, signature)
      return {
        ...outcomeOf(outcome),
        compositionConfig:
          outcome.served === undefined ? null : { schemaHash: outcome.served.slice(0, shownHashLength) },
        wasCreated: outcome.wasCreated,
        wasUpdated: outcome.wasUpdated,
        launchCliCopy: `${textOf(ref)} is at version ${outcome.number}.`,
      }
    },

    removeImplementingServiceAndTriggerComposition: async (given: unknown) => {
      demandRole(caller, 'admin')
      const { name, graphVariant, dryRun } = removal.parse(given)
      const ref = refTo(graph, graphVariant)
      const variant = await findVariant(services, ref)
      return dryRun
        ? { errors: await changes.tryToRemove(ref, variant, name), updatedGateway: false }
        : outcomeOf(await changes.remove(ref, name, { author: 'unknown', message: '' }))
    },

    variant: async (given: unknown) => {
      const ref = refTo(graph, byName.parse(given).name)
      const variant = await findVariant(services, ref)
      return {
        submitSubgraphCheckAsync: async (input: unknown) => {
          const {
            subgraphName: name,
            proposedSchema: sdl,
            gitContext: git,
            config: window,
          } = proposal.parse(input).input
          const commit = git?.commit ?? undefined
          demandSubgraphName(name)
          const subgraph = { name, sdl }
          const workflowID = await checkSubgraph(services, { ref, variant, subgraph, commit, window })
          const targetURL = `${services.publicUrl}/checks/${workflowID}`
          return { __typename: 'CheckRequestSuccess', targetURL, workflowID }
        },
      }
    },

    pushEvents: (given: unknown) => pushEvents(services, caller, given),

    lintSchema: (given: unknown) => lintSchema(services, given),

    validateOperations: (given: unknown) =>
      validateOperations(services, refTo(graph, byTag.parse(given).tag), given),

    persistedQueryList: (given: unknown) => createListMutation(services, caller, byId.parse(given).id),
  }
}

const refTo = (graph: string, variant: string): GraphRef => {
  if (!isName(variant))
    throw new Refusal('BAD_USER_INPUT', `${JSON.stringify(variant)} can't be a variant's name: ${nameRule}`)
  return { graph, variant }
}

const demandSubgraphName = (name: string): void => {
  if (!isName(name))
    throw new Refusal('BAD_USER_INPUT', `${JSON.stringify(name)} can't be a subgraph's name: ${nameRule}`)
}

const demandUrl = (url: string | null | undefined): void => {
  if (url && !URL.canParse(url))
    throw new Refusal('BAD_USER_INPUT', `the routing URL ${JSON.stringify(url)} is no URL`)
}

const outcomeOf = ({ errors, hasNewSupergraph }: Outcome) => ({ errors, updatedGateway: hasNewSupergraph })
