import { apiSchemaOf, type Composition } from './composition.ts'
import { type Finding, fail } from './finding.ts'
import { findBrokenOperations, findChanges, type RecordedOperation } from './graph-changes.ts'

/** A graph, and the operations that its clients are known to send. */
export type Graph = { readonly composition: Composition; readonly operations: readonly RecordedOperation[] }

/**
 * Checks a graph against the one that it follows, if there is one: whether it composes, what changed, and which operations
 * of both break.
 */
export const checkGraph = async (
  { composition, operations }: Graph,
  base: Graph | undefined,
): Promise<readonly Finding[]> => {
  if (composition.kind === 'failed')
    return composition.errors.map(({ code, message }) => fail(code, 'rover.yaml', message))
  const next = apiSchemaOf(composition.supergraph)
  if (base === undefined) return findBrokenOperations(next, operations)

  const all = [...operations, ...goneFrom(base.operations, operations)]
  const broken = findBrokenOperations(next, all)
  if (base.composition.kind === 'failed') {
    const message = 'does not compose, so what changed since then is unknown'
    return [...broken, { ...fail('BASE_NOT_COMPOSED', 'base', message), status: 'WARN' }]
  }
  return [...broken, ...(await findChanges(apiSchemaOf(base.composition.supergraph), next, all))]
}

/** n.b. an operation that is deleted along with the field that it needs is still sent by clients. */
const goneFrom = (
  base: readonly RecordedOperation[],
  now: readonly RecordedOperation[],
): readonly RecordedOperation[] => {
  const texts = new Set(now.map(({ text }) => text))
  return base
    .filter(({ text }) => !texts.has(text))
    .map(operation => ({ ...operation, file: `${operation.file} (base)` }))
}
