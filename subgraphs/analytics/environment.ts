import { parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

/** The schema of the settings, each with what it is for. */
export const variables = z.object(subgraphVariables('analytics', 4005))

/** The settings of the analytics subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('analytics', variables, source)
