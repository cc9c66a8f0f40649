import { runInSpan } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import type { Span, SpanStart } from '@supergraph/telemetry/span.ts'
import { activeSpan, startSpan } from '@supergraph/telemetry/spans.ts'
import type { SubgraphAnswer } from '../answer.ts'
import type { SubgraphClient, SubgraphRequest } from '../call.ts'

/** Records each call of a subgraph as a span, if spans are recorded. */
export const traceCalls = (service: string, client: SubgraphClient): SubgraphClient => {
  const startOf = (type: 'query' | 'mutation'): SpanStart => ({
    name: `fetch ${service}`,
    kind: 'client',
    fixed: fixAttributes({ 'supergraph.subgraph': service, 'graphql.operation.type': type }),
  })
  const [query, mutation] = [startOf('query'), startOf('mutation')]
  return {
    ...client,
    ask: (request, context) => {
      const span = startSpan(request.document.isMutation ? mutation : query)
      if (span === undefined) return client.ask(request, context)
      if (request.document.told !== undefined) span.add(request.document.told)
      tellEntities(span, request.entities)
      return runInSpan(span, () => client.ask(request, context)).then(
        answer => end(span, answer),
        (error: unknown) => {
          span.fail(error)
          span.end()
          throw error
        },
      )
    },
  }
}

/** n.b. several fetches may be one request. */
const tellEntities = (span: Span, lists: SubgraphRequest['entities'] = []): void => {
  if (lists.length === 0) return
  let [entities, different] = [0, 0]
  for (const { count, representations } of lists) {
    entities += count
    different += representations.length
  }
  span.set('supergraph.fetch.entities', entities)
  span.set('supergraph.fetch.representations', different)
}

const end = (span: Span, answer: SubgraphAnswer): SubgraphAnswer => {
  span.set('supergraph.fetch.bytes', answer.bytes)
  if (answer.errors !== undefined) {
    span.set('supergraph.errors', answer.errors.length)
    span.fail(String(answer.errors[0]?.extensions?.code))
  }
  span.end()
  return answer
}

/** Tells the span under way that it waits for work that another one has begun. */
export const tellShared = ({ span: other }: { readonly span: Span | undefined }): void => {
  const span = activeSpan()
  if (span === undefined) return
  span.set(span.kind === 'client' ? 'supergraph.fetch.shared' : 'supergraph.shared', true)
  if (other !== undefined) span.link(other)
}
