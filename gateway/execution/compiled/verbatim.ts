import type { FetchNode } from '@apollo/query-planner'
import { Kind, parse, type SelectionNode } from 'graphql'
import type { TakeData } from '../../subgraphs/answer.ts'
import { answerPattern, createIsRecognized } from './answer-pattern.ts'
import type { ObjectShape } from './shape.ts'

const head = '{"data":'

/**
 * Compiles what finds out whether the answer to a fetch is, without a change, the client's: such an answer is neither parsed
 * nor written anew. Undefined if the fetch does not select what the client does.
 */
export const compileVerbatim = (
  shape: ObjectShape,
  fetch: Pick<FetchNode, 'operation'>,
): TakeData | undefined => {
  const selections = selectionsIn(fetch)
  const pattern = selections && answerPattern(shape, selections)
  return pattern && createTakeData(pattern.source)
}

/** Makes what takes the data of an answer if they are what a pattern recognizes. */
export const createTakeData = (source: string): TakeData => {
  const isRecognized = createIsRecognized(String.raw`\{"data":${source}\}`)
  return answer => (isRecognized(answer) ? answer.slice(head.length, answer.lastIndexOf('}')) : undefined)
}

/** What a fetch selects; undefined if that is in fragments with names. */
export const selectionsIn = ({
  operation,
}: Pick<FetchNode, 'operation'>): readonly SelectionNode[] | undefined => {
  const [definition, ...fragments] = parse(operation, { noLocation: true }).definitions
  return definition?.kind === Kind.OPERATION_DEFINITION && fragments.length === 0
    ? definition.selectionSet.selections
    : undefined
}
