import {
  brokerVariables,
  parseEnvironment,
  subgraphVariables,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { z } from 'zod'

const variables = z.object(subgraphVariables('notifications', 4004))

/** The settings of the notifications subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('notifications', variables, source)

/** Reads the settings of a process of its own, which needs the broker besides. */
export const readProcessEnvironment = (source: Variables = process.env) =>
  parseEnvironment('notifications', variables.extend(brokerVariables), source)
