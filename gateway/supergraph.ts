import { readFileSync } from 'node:fs'
import { Supergraph } from '@apollo/federation-internals'
import { createQueryPlanner } from '@supergraph/composition/query-planner.ts'
import { findRequiredArguments, RequiresArguments } from '@supergraph/composition/required-arguments.ts'
import { checkScalars } from '@supergraph/subgraph/scalars.ts'
import { parse, print } from 'graphql'
import { readRequirements, withoutEnforcedPurposes } from './authorization/requirements.ts'
import { readCacheHints } from './cache-hints.ts'
import { readWeights } from './limits/weights.ts'
import { readShedMarks } from './overload/priorities.ts'
import { readOverrideLabels } from './override-labels.ts'
import { readSubgraphs } from './subgraphs/subgraphs.ts'
import { readSubscriptionMarks } from './subgraphs/subscription-marks.ts'
import { supergraphPath } from './supergraph-path.ts'

/** A supergraph, ready to validate, plan and execute on. */
export type LoadedSupergraph = Readonly<ReturnType<typeof loadSupergraph>>

/** Reads the SDL of the composed supergraph. */
export const readSupergraph = (path = supergraphPath): string => readFileSync(path, 'utf8')

/**
 * Loads composed SDL; throws if it is no valid supergraph, if it asks for security that the gateway doesn't enforce, or if
 * Apollo's planner would answer wrongly on it.
 */
export const loadSupergraph = (composedSdl: string) => {
  const steps = loadInSteps(composedSdl)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** Loads a supergraph too, and awaits `pause` between steps, of which none takes more than about 50 ms. */
export const loadSupergraphWithPauses = async (
  composedSdl: string,
  pause: () => Promise<unknown>,
): Promise<LoadedSupergraph> => {
  const steps = loadInSteps(composedSdl)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await pause()
  }
}

function* loadInSteps(composedSdl: string) {
  const composed = parse(composedSdl)
  const wrong = findRequiredArguments(composed)
  if (wrong.length > 0) throw new RequiresArguments(wrong)
  /** As Apollo's libraries load it; the gateway itself enforces what the supergraph asks of viewers. */
  const sdl = print(withoutEnforcedPurposes(composed))
  yield
  const supergraph = Supergraph.build(sdl)
  yield
  const apiSchema = supergraph.apiSchema()
  const schema = apiSchema.toGraphQLJSSchema()
  checkScalars(schema)
  yield
  const supergraphSchema = supergraph.schema.toGraphQLJSSchema()
  yield
  const planner = createQueryPlanner(supergraph)
  return {
    sdl,
    /** What clients see. */
    schema,
    apiSchema,
    /** What plans are executed on. */
    supergraphSchema,
    planner,
    subgraphs: readSubgraphs(composed),
    requirements: readRequirements(composed),
    weights: readWeights(composed),
    shedMarks: readShedMarks(composed),
    cacheHints: readCacheHints(composed),
    subscriptionMarks: readSubscriptionMarks(composed),
    overrideLabelsOf: readOverrideLabels(composed, supergraphSchema),
  }
}
