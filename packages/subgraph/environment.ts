import { databaseVariables, flag, port, processVariables } from '@supergraph/runtime/environment.ts'
import { identityIssuers } from '@supergraph/runtime/identity-keys.ts'

/** The settings of every subgraph: those of a process, its database, and the processes whose identity tokens it accepts. */
export const subgraphVariables = (service: string, defaultPort: number) => ({
  ...processVariables,
  PORT: port(defaultPort).default(defaultPort),
  ...databaseVariables(service),
  IDENTITY_ISSUERS: identityIssuers,
  DEMO_DATA: flag.default(false),
})
