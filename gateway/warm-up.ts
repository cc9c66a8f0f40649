import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { GraphQLError } from 'graphql'
import { askedScopes } from './authorization/authority.ts'
import type { ClientOperation } from './authorization/selections.ts'
import { type Admission, DocumentRefused } from './documents/admission.ts'
import type { Execution } from './execution/execution.ts'
import type { LoadedSupergraph } from './supergraph.ts'

/** Awaited between two pieces of work that hold everything else up. */
export type Pause = () => Promise<unknown>

type WarmUpParts = {
  readonly supergraph: LoadedSupergraph
  readonly admission: Pick<Admission, 'admit'>
  readonly execution: Execution
  readonly pause: Pause
  readonly logger: Logger
}

/** The texts of the documents that are expected to come. */
export type ExpectedDocuments = {
  readonly recorded: readonly string[]
  /** Those that clients send most often. */
  readonly busiest: readonly string[]
}

export const noDocuments: ExpectedDocuments = { recorded: [], busiest: [] }

/** Those that are recorded, and what clients have sent most often until now. */
export const expectedDocuments = (busiest: readonly string[] = []): ExpectedDocuments => ({
  recorded: readRecordedOperations().map(text => text.trim()),
  busiest,
})

/**
 * Makes documents known and plans their operations, for somebody without a token, for a user, and for one who may do
 * everything, and for each choice of their labels. Skips what is not valid or too large; throws if the planner itself fails
 * on a recorded one. n.b. clients choose the others: none of these may keep a supergraph from being served
 */
export const warmUp = async ({ recorded, busiest }: ExpectedDocuments, parts: WarmUpParts): Promise<void> => {
  const { supergraph, admission, execution, pause, logger } = parts
  const isRecorded = new Set(recorded)
  const authorities = typicalViewers(supergraph).map(execution.authorityOf)
  for (const text of new Set([...busiest, ...recorded])) {
    const operations = admitted(admission, text)
    await pause()
    for (const operation of operations) {
      const choices = execution.overrideChoicesOf(operation)
      for (const [authority, { from: draw }] of pairsOf(authorities, choices)) {
        const failure = await planning(operation, () => execution.prepare(operation, {}, { authority, draw }))
        if (failure !== undefined && isRecorded.has(text)) throw failure
        if (failure !== undefined) logger.warn({ err: failure }, 'a busy operation has no plan')
        await pause()
      }
    }
  }
}

const pairsOf = <A, B>(these: readonly A[], those: readonly B[]): readonly (readonly [A, B])[] =>
  these.flatMap(one => those.map(other => [one, other] as const))

const typicalViewers = ({ requirements }: LoadedSupergraph): readonly Viewer[] => {
  const user = { kind: 'user', id: 'nobody', sessionId: 'none' } as const
  return [{ kind: 'anonymous' }, { ...user, scopes: [] }, { ...user, scopes: askedScopes(requirements) }]
}

/** The operations of a document; none if it is not valid, or too large. */
const admitted = ({ admit }: WarmUpParts['admission'], text: string): readonly ClientOperation[] => {
  try {
    return admit(text)
  } catch (error) {
    if (error instanceof DocumentRefused) return []
    throw error
  }
}

/** Why an operation has no plan although it is within the limits; undefined if it has one. */
const planning = async (
  { query, operationName }: ClientOperation,
  prepare: () => Promise<unknown>,
): Promise<Error | undefined> => {
  try {
    await prepare()
    return undefined
  } catch (error) {
    // n.b. an operation past the limits
    if (error instanceof GraphQLError) return undefined
    return new Error(`the planner fails on ${operationName ?? query}`, { cause: error })
  }
}
