import type { SubscribePayload } from 'graphql-ws'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { EventOperation } from './event-operation.ts'

/** An event of a subgraph; `cursor` is where the subscription goes on after it, undefined if that is not known. */
export type PositionedEvent = { readonly answer: SubgraphAnswer; readonly cursor: Cursor | undefined }

/** The position of a subscription among its events. */
export type Cursor = string | number

const numbers: ReadonlySet<string> = new Set(['Int', 'Float'])

/** The cursor in an event's id, for an argument of this type; undefined if there is none in it. */
export const cursorIn = (id: string, argumentType: string | undefined): Cursor | undefined => {
  if (argumentType === undefined) return undefined
  try {
    const text = decodeURIComponent(id)
    if (!numbers.has(argumentType)) return text
    const number = text.trim() === '' ? Number.NaN : Number(text)
    return Number.isFinite(number) ? number : undefined
  } catch {
    return undefined
  }
}

/** Where a subscription stands: what to ask of its subgraph first, and after its connection broke. */
export type Position = ReturnType<typeof createPosition>

/** Begins after the cursor `after`, or else after the one that the operation itself gives. */
export const createPosition = (
  { query, operationName, variableUsages, resumable }: EventOperation,
  values: Readonly<Record<string, unknown>>,
  after?: Cursor,
) => {
  const start = after ?? resumable?.startIn(values)
  let cursor = isCursor(start) ? start : undefined
  const goOn = (cursor: Cursor): SubscribePayload | undefined =>
    resumable && {
      query: resumable.query,
      operationName,
      variables: { ...pick(values, resumable.variableUsages), [resumable.variable]: cursor },
    }
  const asWritten: SubscribePayload = { query, operationName, variables: pick(values, variableUsages) }
  const first = (after === undefined ? undefined : goOn(after)) ?? asWritten
  return {
    first,
    /** Of the last event, or the one after which the client begins; undefined if there is none. */
    cursor: (): Cursor | undefined => cursor,
    /** Moves on to an event, and takes the cursor, for which the client did not ask, out of it. */
    accept: (answer: SubgraphAnswer): PositionedEvent => {
      if (resumable === undefined) return { answer, cursor: undefined }
      const { rootKey, cursorKey } = resumable
      const root = answer.data?.[rootKey]
      if (typeof root !== 'object' || root === null) return { answer, cursor }
      const { [cursorKey]: found, ...rest }: Record<string, unknown> = { ...root }
      if (isCursor(found)) cursor = found
      return { answer: { ...answer, data: { ...answer.data, [rootKey]: rest } }, cursor }
    },
    /** What goes on after the last event; undefined if events would be lost. */
    resume: (): SubscribePayload | undefined => {
      if (cursor !== undefined) return goOn(cursor)
      return resumable?.beginsWithState ? first : undefined
    },
  }
}

const isCursor = (value: unknown): value is Cursor => typeof value === 'string' || typeof value === 'number'

const pick = (values: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(names.filter(name => Object.hasOwn(values, name)).map(name => [name, values[name]]))
