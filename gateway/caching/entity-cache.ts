import { defineNumber } from '@supergraph/metrics/metrics.ts'
import { userOf, type Viewer } from '@supergraph/runtime/identity.ts'
import type { Authority } from '../authorization/authority.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import { AnswerTooLarge } from '../subgraphs/answer-room.ts'
import type { ExecutionContext, FetchDocument, SubgraphClient, SubgraphRequest } from '../subgraphs/call.ts'
import type { Changes } from '../subgraphs/changes.ts'
import type { LoadedSupergraph } from '../supergraph.ts'
import { createAsked } from './asked-entities.ts'
import { type CachedFields, cachedFieldsOf } from './cached-fields.ts'
import type { EntityStore } from './entity-store.ts'
import { createMaxAges } from './max-age.ts'

const lookups = defineNumber({
  kind: 'count',
  name: 'supergraph_entity_lookups_total',
  help: 'Values of entities that the gateway looked for among those that it keeps; result is hit or miss.',
  labels: ['result'],
})
const [hits, misses] = [lookups.of({ result: 'hit' }), lookups.of({ result: 'miss' })]

/**
 * Puts a cache of entities before the clients of subgraphs: of the representations in a request, only those are sent
 * whose entities are not kept. Entities are kept by subgraph, selection, variables and the authority of the viewer, for as
 * long as `@cacheControl` says or until an event tells of their change. A user who has just run a mutation reads past the
 * cache for 5 s.
 */
export const createEntityCaching = ({
  supergraph,
  authorityOf,
  store,
  changes,
}: {
  readonly supergraph: Pick<LoadedSupergraph, 'supergraphSchema' | 'cacheHints'>
  readonly authorityOf: (viewer: Viewer) => Authority
  readonly store: EntityStore
  readonly changes: Pick<Changes, 'happened'>
}) => {
  const maxAges = createMaxAges(supergraph.supergraphSchema, supergraph.cacheHints)

  return (service: string, client: SubgraphClient): SubgraphClient => {
    const known = new WeakMap<FetchDocument, CachedFields>()
    const cachedIn = (document: FetchDocument): CachedFields => {
      const before = known.get(document)
      if (before !== undefined) return before
      const cached = cachedFieldsOf(document.query, { service, schema: supergraph.supergraphSchema, maxAges })
      known.set(document, cached)
      return cached
    }

    const mutate = async (request: SubgraphRequest, context: ExecutionContext): Promise<SubgraphAnswer> => {
      const answer = await client.ask(request, context)
      const user = userOf(context.viewer)
      if (user !== undefined) await store.noteWriter(user)
      // n.b. what began since the mutation ended may have found what is kept
      changes.happened()
      return answer
    }

    const askKept = async (
      cached: CachedFields,
      wanted: SubgraphRequest,
      context: ExecutionContext,
    ): Promise<SubgraphAnswer> => {
      // n.b. what is kept has to be read
      const request = { ...wanted, takeData: undefined }
      const variables = request.variables()
      const asked = createAsked(cached, variables, authorityOf(context.viewer).key)
      if (asked.names.length === 0) return client.ask(wanted, context)
      const found = await store.find(asked.names, userOf(context.viewer))
      const taken = asked.take(found.kept)
      hits.value += taken.length
      misses.value += asked.names.length - taken.length
      for (const { text, expiresAtMs } of taken) {
        context.room.take(text.length)
        context.expiries.push(expiresAtMs)
      }
      if (asked.isComplete()) return asked.join({ data: {} })
      const left = asked.restOf(variables)
      const rest = { ...request, variables: () => left, variablesText: () => JSON.stringify(left) }
      const answer = await client.ask(asked.hasKept() ? rest : request, context)
      if (answer.errors === undefined) found.keep(asked.toKeep(answer))
      return asked.join(answer)
    }

    const askCached: typeof askKept = async (cached, request, context) => {
      try {
        return await askKept(cached, request, context)
      } catch (error) {
        if (error instanceof AnswerTooLarge) return { data: null, errors: [context.room.refusal()] }
        throw error
      }
    }

    return {
      ask: (request, context) => {
        if (request.document.isMutation) return mutate(request, context)
        const cached = cachedIn(request.document)
        return cached.fields.length === 0 ? client.ask(request, context) : askCached(cached, request, context)
      },
      stop: client.stop,
    }
  }
}
