import { databaseVariables, flag, port, processVariables } from '@supergraph/runtime/environment.ts'
import { identityIssuers } from '@supergraph/runtime/identity-keys.ts'

/** The settings of every subgraph: those of a process, its database, and the processes whose identity tokens it accepts. */
export const subgraphVariables = (service: string, defaultPort: number) => ({
  ...processVariables,
  PORT: port(defaultPort).default(defaultPort).describe('the port to listen on'),
  ...databaseVariables(service),
  IDENTITY_ISSUERS: identityIssuers.describe('the public keys of those whose identity tokens are accepted'),
  DEMO_DATA: flag.default(false).describe('whether an empty shop is filled with demo data'),
})
