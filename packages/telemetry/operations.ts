import type { OperationDefinitionNode } from 'graphql'
import { type FixedAttributes, fixAttributes } from './attributes.ts'
import type { Span } from './span.ts'
import { activeSpan } from './spans.ts'

// n.b. clients choose it
const maxNameLength = 200

const described = new WeakMap<OperationDefinitionNode, FixedAttributes>()

/** Names a span after the operation that it runs, which the whole trace is then known by in the log. */
export const describeOperation = (
  span: Span,
  operation: OperationDefinitionNode,
  documentHash?: string,
): void => {
  span.name = operation.operation
  const name = operation.name?.value.slice(0, maxNameLength)
  span.trace.operation ??= name
  const known = described.get(operation)
  const fixed =
    known ??
    fixAttributes({
      'graphql.operation.type': operation.operation,
      'graphql.operation.name': name,
      'supergraph.operation.hash': documentHash,
    })
  if (known === undefined) described.set(operation, fixed)
  span.add(fixed)
}

const maxErrors = 20
// n.b. a subgraph may give an error any code and path
const maxErrorLength = 300

/** An error as a client gets it: the subgraph that it is of, and its place in the answer, by response keys. */
export type ToldError = {
  readonly code: string
  readonly service?: string | undefined
  readonly path?: readonly (string | number)[] | undefined
}

/** Tells the span under way of an error that its client gets; one that is not the client's fault is a failure of the span. */
export const tellError = ({ code, service = '-', path = [] }: ToldError, isFailure: boolean): void => {
  const span = activeSpan()
  if (span === undefined) return
  span.count('supergraph.errors')
  const text = [code, service, path.join('.')].map(part => part.replaceAll(/\s/g, '_')).join(' ')
  span.append('supergraph.error.list', text.slice(0, maxErrorLength), maxErrors)
  if (isFailure && !span.hasFailed) span.fail(code)
}

/** Tells the span under way which operation it runs. */
export const tellOperation = (operation: OperationDefinitionNode): void => {
  const span = activeSpan()
  if (span !== undefined) describeOperation(span, operation)
}
