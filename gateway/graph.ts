import { hash } from 'node:crypto'
import type { IdentitySigner } from '@supergraph/runtime/identity.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { createAuthorityOf } from './authorization/authority.ts'
import { createEntityCaching } from './caching/entity-cache.ts'
import type { EntityStore } from './caching/entity-store.ts'
import { createAdmission } from './documents/admission.ts'
import { createKnownOperations } from './documents/known-operations.ts'
import type { PersistedQueries } from './documents/persisted-queries.ts'
import type { TrustedDocuments } from './documents/trusted-documents.ts'
import { type Environment, urlSetting } from './environment.ts'
import type { FormatError } from './errors.ts'
import { createBackgroundPlanner } from './execution/background-planner.ts'
import type { ClientQueue } from './execution/client-queue.ts'
import { createExecution } from './execution/execution.ts'
import { createShareRun } from './execution/shared-runs.ts'
import { createOperationAnswers } from './http/answer-operations.ts'
import { startApollo } from './http/apollo.ts'
import type { Cors } from './http/cors.ts'
import { createFindKnown } from './http/known-requests.ts'
import type { MeasureRuns } from './http/operation-metrics.ts'
import { createRunKnown } from './http/run-known.ts'
import { createRunOperation } from './http/run-operation.ts'
import type { Documents } from './limits/documents.ts'
import { createOperationChecks } from './limits/operations.ts'
import type { NamedClientIn } from './named-clients.ts'
import type { Loads } from './overload/loads.ts'
import type { Authenticate } from './sessions/access-token.ts'
import { joinableMsOf } from './subgraphs/call-limits.ts'
import { measureCalls } from './subgraphs/call-metrics.ts'
import type { Changes } from './subgraphs/changes.ts'
import type { SubgraphConnections } from './subgraphs/connections.ts'
import { traceCalls } from './subgraphs/policies/traced.ts'
import { askUnlessBusy } from './subgraphs/policies/unless-busy.ts'
import { createPlanSubscription } from './subscriptions/plan-subscription.ts'
import { loadSupergraphWithPauses } from './supergraph.ts'
import { createUsage } from './usage.ts'
import type { CountUse, UseCounts } from './usage-reporting/use-counts.ts'
import { type ExpectedDocuments, type Pause, warmUp } from './warm-up.ts'

/** All that depends on a supergraph. */
export type Graph = Awaited<ReturnType<typeof startGraph>>

/** What a graph takes from its process. */
export type GraphParts = {
  readonly environment: Environment
  readonly documents: Documents
  readonly trusted: TrustedDocuments | undefined
  readonly persistedQueries: PersistedQueries
  readonly connections: SubgraphConnections
  readonly entities: EntityStore
  readonly signer: IdentitySigner
  readonly changes: Changes
  readonly authenticate: Authenticate
  readonly queue: ClientQueue
  readonly loads: Loads
  readonly cors: Cors
  readonly clientIn: NamedClientIn
  readonly measureRuns: MeasureRuns
  /** Undefined if usage is not reported. */
  readonly useCounts: UseCounts | undefined
  readonly format: FormatError
  readonly logger: Logger
}

const countNothing: CountUse = () => undefined

/**
 * Makes what plans and executes operations on a composed supergraph, and plans those that are expected, of which `warmUpOn`
 * are the texts; throws if the supergraph can't be loaded. Awaits `pause` again and again, so that it never holds other
 * work up for long.
 */
export const startGraph = (
  sdl: string,
  { warmUpOn, pause, ...parts }: GraphParts & { readonly warmUpOn: ExpectedDocuments; readonly pause: Pause },
) =>
  startAll(async use => {
    const {
      environment,
      documents,
      trusted,
      persistedQueries,
      connections,
      entities,
      signer,
      changes,
      format,
      logger,
    } = parts
    const { SUBGRAPH_TIMEOUT_MS: timeoutMs, MAX_COST: maxCost, MAX_FETCHES: maxFetches } = environment
    const supergraph = await loadSupergraphWithPauses(sdl, pause)
    const subgraphs = supergraph.subgraphs.map(({ name, url, told }) => ({
      service: name,
      url: environment[urlSetting(name)] ?? url,
      told,
      timeoutMs,
      signer,
      changes,
      load: parts.loads.heardOf(name),
      logger,
    }))
    const connected = subgraphs.map(subgraph => ({ ...subgraph, ...use(connections.connect(subgraph)) }))
    const withCache = createEntityCaching({
      supergraph,
      authorityOf: createAuthorityOf(supergraph.requirements),
      store: entities,
      changes,
    })
    const clients = new Map(
      connected.map(({ service, client }) => [
        service,
        traceCalls(service, withCache(service, measureCalls(service, askUnlessBusy(service, client)))),
      ]),
    )
    const upstreams = new Map(connected.map(({ service, upstream }) => [service, upstream]))
    const execution = createExecution({
      supergraph,
      clients,
      queue: parts.queue,
      background: use(createBackgroundPlanner(supergraph.sdl, logger)),
      overrideShares: environment.OVERRIDE_LABELS,
      unauthorizedOperations: environment.UNAUTHORIZED_OPERATIONS,
      checks: createOperationChecks(supergraph, { maxCost, maxFetches }),
      maxAnswerBytes: environment.MAX_ANSWER_BYTES,
      loads: parts.loads,
      logger,
    })
    const explorable = environment.NODE_ENV !== 'production'
    // n.b. where only recorded operations run, to record one that introspects is to allow it
    const introspection = explorable || environment.TRUSTED_DOCUMENTS_ONLY
    const usage = createUsage()
    const known = createKnownOperations()
    const countUse = parts.useCounts?.countFor(supergraph.schema) ?? countNothing
    const admission = createAdmission({ supergraph, documents, trusted, known, introspection })
    use({
      stop: async () =>
        logger.debug(
          { documents: known.statistics(), plans: execution.planStatistics() },
          'what the caches of a supergraph were good for',
        ),
    })
    const apollo = use(
      await startApollo({
        supergraph,
        execution,
        known,
        persistedQueries,
        explorable,
        introspection,
        countUse,
        format,
        logger,
      }),
    )
    const planExpected = (documents: ExpectedDocuments, pause: Pause) =>
      warmUp(documents, { supergraph, admission, execution, pause, logger })
    await planExpected(warmUpOn, pause)
    const runKnown = parts.measureRuns.run(
      createRunKnown(execution, {
        shareRun: createShareRun(joinableMsOf(timeoutMs), changes),
        countUse,
        format,
      }),
    )
    return {
      /** What tells this supergraph from others. */
      version: hash('sha256', sdl).slice(0, 16),
      connected,
      known,
      /** Plans what else is expected. */
      warmUp: planExpected,
      planStatistics: execution.planStatistics,
      admission,
      operations: createOperationAnswers({
        ...parts,
        admission,
        apollo,
        findKnown: createFindKnown(known, persistedQueries.find),
        checkEarly: execution.checkEarly,
        countRefused: parts.measureRuns.refused,
        runKnown,
      }),
      runOperation: createRunOperation({ apollo, known, runKnown }),
      planSubscription: createPlanSubscription({ supergraph, admission, execution, upstreams, usage }),
      countUse,
      usage,
    }
  })
