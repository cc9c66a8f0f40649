import type { IdentitySigner } from '@supergraph/runtime/identity.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { createKnownOperations } from './documents/known-operations.ts'
import type { PersistedQueries } from './documents/persisted-queries.ts'
import { type Environment, urlSetting } from './environment.ts'
import type { FormatError } from './errors.ts'
import { createExecution } from './execution/execution.ts'
import type { WaitForTurn } from './execution/large-requests.ts'
import { createOperationAnswers } from './http/answer-operations.ts'
import { startApollo } from './http/apollo.ts'
import type { Cors } from './http/cors.ts'
import { createFindKnown } from './http/known-requests.ts'
import { createRunKnown } from './http/run-known.ts'
import type { Documents } from './limits/documents.ts'
import { createOperationChecks } from './limits/operations.ts'
import type { Authenticate } from './sessions/access-token.ts'
import type { Changes } from './subgraphs/changes.ts'
import { createHttpClient } from './subgraphs/http-client.ts'
import { createUpstream } from './subgraphs/upstream.ts'
import { createPlanSubscription } from './subscriptions/plan-subscription.ts'
import { loadSupergraph } from './supergraph.ts'
import { createUsage } from './usage.ts'

/** All that depends on a supergraph. */
export type Graph = Awaited<ReturnType<typeof startGraph>>

/** What a graph takes from its process. */
export type GraphParts = {
  readonly environment: Environment
  readonly documents: Documents
  readonly persistedQueries: PersistedQueries
  readonly signer: IdentitySigner
  readonly changes: Changes
  readonly authenticate: Authenticate
  readonly waitForTurn: WaitForTurn
  readonly cors: Cors
  readonly format: FormatError
  readonly logger: Logger
}

/** Makes what plans and executes operations on a composed supergraph; throws if the supergraph can't be loaded. */
export const startGraph = (sdl: string, parts: GraphParts) =>
  startAll(async use => {
    const { environment, persistedQueries, signer, changes, format, logger } = parts
    const { SUBGRAPH_TIMEOUT_MS: timeoutMs, MAX_COST: maxCost, MAX_FETCHES: maxFetches } = environment
    const supergraph = loadSupergraph(sdl)
    const subgraphs = supergraph.subgraphs.map(({ name, url, isToldClientAddress }) => ({
      service: name,
      url: environment[urlSetting(name)] ?? url,
      isToldClientAddress,
      timeoutMs,
      signer,
      changes,
      logger,
    }))
    const clients = new Map(subgraphs.map(subgraph => [subgraph.service, use(createHttpClient(subgraph))]))
    const upstreams = new Map(subgraphs.map(subgraph => [subgraph.service, use(createUpstream(subgraph))]))
    const execution = createExecution({
      supergraph,
      clients,
      unauthorizedOperations: environment.UNAUTHORIZED_OPERATIONS,
      checks: createOperationChecks(supergraph, { maxCost, maxFetches }),
      maxAnswerBytes: environment.MAX_ANSWER_BYTES,
      logger,
    })
    const explorable = environment.NODE_ENV !== 'production'
    const usage = createUsage()
    const known = createKnownOperations()
    const apollo = use(
      await startApollo({
        supergraph,
        execution,
        known,
        persistedQueries,
        explorable,
        // n.b. where only recorded operations run, to record one that introspects is to allow it
        introspection: explorable || environment.TRUSTED_DOCUMENTS_ONLY,
        format,
        logger,
      }),
    )
    return {
      supergraph,
      apollo,
      operations: createOperationAnswers({
        ...parts,
        apollo,
        findKnown: createFindKnown(known, persistedQueries.find),
        runKnown: createRunKnown(execution, format),
      }),
      planSubscription: createPlanSubscription({ supergraph, execution, upstreams, usage }),
      usage,
    }
  })
