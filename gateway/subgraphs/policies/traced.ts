import { runInSpan } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import type { Span, SpanStart } from '@supergraph/telemetry/span.ts'
import { activeSpan, startSpan } from '@supergraph/telemetry/spans.ts'
import type { SubgraphAnswer } from '../answer.ts'
import type { SubgraphClient } from '../call.ts'

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
      for (const { count, representations } of request.entities ?? []) {
        span.set('supergraph.fetch.entities', count)
        span.set('supergraph.fetch.representations', representations.length)
      }
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
