import {
  brokerVariables,
  parseEnvironment,
  subgraphVariables,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { identityKey } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'

const defaultProductsUrl = 'http://127.0.0.1:4002/graphql'

const variables = z.object({
  ...subgraphVariables('orders', 4003),
  IDENTITY_KEY: identityKey,
  PRODUCTS_URL: url(['http', 'https'], defaultProductsUrl).default(defaultProductsUrl),
})

/** The settings of the orders subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('orders', variables, source)

/** Reads the settings of a process of its own, its broker included; throws an EnvironmentError. */
export const readProcessEnvironment = (source: Variables = process.env) =>
  parseEnvironment('orders', variables.extend(brokerVariables), source)
