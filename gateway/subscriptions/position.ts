import { GRAPHQL_MAX_INT, GRAPHQL_MIN_INT } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { EventOperation } from './event-operation.ts'
import { valueAt } from './states.ts'

/** An event of a subgraph. */
export type PositionedEvent = {
  readonly answer: SubgraphAnswer
  /** Where the subscription goes on after it; undefined if that is not known. */
  readonly cursor: Cursor | undefined
  /** What it is the newest state of, if it is one. */
  readonly of?: string | undefined
}

/** The position of a subscription among its events. */
export type Cursor = string | number

const numbers: ReadonlySet<string> = new Set(['Int', 'Float'])

/** The id of an event with this cursor; undefined for a text that can't be sent, since it holds half a character. */
export const idOf = (cursor: Cursor): string | undefined => {
  const text = String(cursor)
  return text.isWellFormed() ? encodeURIComponent(text) : undefined
}

/** The cursor in an event's id, for an argument of this type; undefined if there is none in it. */
export const cursorIn = (id: string, argumentType: string | undefined): Cursor | undefined => {
  if (argumentType === undefined) return undefined
  try {
    const text = decodeURIComponent(id)
    if (!numbers.has(argumentType)) return text
    const number = text.trim() === '' ? Number.NaN : Number(text)
    const isInRange = argumentType === 'Int' ? isInt(number) : Number.isFinite(number)
    return isInRange ? number : undefined
  } catch {
    return undefined
  }
}

const isInt = (number: number): boolean =>
  Number.isInteger(number) && number >= GRAPHQL_MIN_INT && number <= GRAPHQL_MAX_INT

/** Where a subscription stands: what to ask of its subgraph first, and after its connection broke. */
export class Position {
  readonly #operation: EventOperation
  readonly #values: Readonly<Record<string, unknown>>
  readonly #after: Cursor | undefined
  #cursor: Cursor | undefined

  /** Begins after the cursor `after`, or else after the one that the operation itself gives. */
  constructor(operation: EventOperation, values: Readonly<Record<string, unknown>>, after?: Cursor) {
    this.#operation = operation
    this.#values = values
    this.#after = after
    const start = after ?? operation.resumable?.startIn(values)
    this.#cursor = isCursor(start) ? start : undefined
  }

  /** Of the last event, or the one after which the client begins; undefined if there is none. */
  get cursor(): Cursor | undefined {
    return this.#cursor
  }

  /** What begins the subscription. */
  first(): SubscribePayload {
    const { query, operationName, variableUsages } = this.#operation
    const asWritten = { query, operationName, variables: pick(this.#values, variableUsages) }
    return (this.#after === undefined ? undefined : this.#goOn(this.#after)) ?? asWritten
  }

  /** Moves on to an event, and takes out of it what the client did not ask for. */
  accept(answer: SubgraphAnswer): PositionedEvent {
    const { resumable, stateKey } = this.#operation
    if (resumable !== undefined) {
      const { rest, found } = takeOut(answer, resumable.rootKey, resumable.cursorKey)
      if (isCursor(found)) this.#cursor = found
      return { answer: rest, cursor: this.#cursor }
    }
    if (stateKey === undefined) return { answer, cursor: this.#cursor }
    const { rest, found } = takeOut(answer, stateKey.rootKey, stateKey.key)
    return { answer: rest, cursor: this.#cursor, of: valueAt(found, stateKey.path) }
  }

  /** What goes on after the last event; undefined if events would be lost. */
  resume(): SubscribePayload | undefined {
    if (this.#cursor !== undefined) return this.#goOn(this.#cursor)
    const { resumable, stateKey } = this.#operation
    return resumable?.beginsWithState || stateKey !== undefined ? this.first() : undefined
  }

  #goOn(cursor: Cursor): SubscribePayload | undefined {
    const { resumable, operationName } = this.#operation
    return (
      resumable && {
        query: resumable.query,
        operationName,
        variables: { ...pick(this.#values, resumable.variableUsages), [resumable.variable]: cursor },
      }
    )
  }
}

const takeOut = (answer: SubgraphAnswer, rootKey: string, key: string) => {
  const root = answer.data?.[rootKey]
  if (typeof root !== 'object' || root === null) return { rest: answer, found: undefined }
  const { [key]: found, ...others }: Record<string, unknown> = { ...root }
  return { rest: { ...answer, data: { ...answer.data, [rootKey]: others } }, found }
}

const isCursor = (value: unknown): value is Cursor => typeof value === 'string' || typeof value === 'number'

const pick = (values: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(names.filter(name => Object.hasOwn(values, name)).map(name => [name, values[name]]))
