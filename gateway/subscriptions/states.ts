import { FewEntries } from '@supergraph/runtime/few.ts'
import { type FieldNode, Kind } from 'graphql'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'

/** Where events say whose state they are: at `data[rootKey][key]`, and from there along the path. */
export type StateKey = { readonly rootKey: string; readonly key: string; readonly path: readonly string[] }

/** An event that is the newest state of something; `of` tells what, and is undefined for an event that failed. */
type State = {
  readonly answer: SubgraphAnswer
  readonly cursor: undefined | string | number
  readonly of?: string | undefined
}

const maxStates = 100

/** Selects what a path names under another name. */
export const selectPath = (key: string, [first = '', ...rest]: readonly string[]): FieldNode => ({
  kind: Kind.FIELD,
  ...(key !== first && { alias: { kind: Kind.NAME, value: key } }),
  name: { kind: Kind.NAME, value: first },
  ...(rest.length > 0 && {
    selectionSet: { kind: Kind.SELECTION_SET, selections: [selectPath(rest[0] ?? '', rest)] },
  }),
})

/** What of an event is the value at a path. */
export const valueAt = (value: unknown, path: readonly string[]): string | undefined => {
  let found = value
  for (const name of path)
    found = typeof found === 'object' && found !== null ? Object(found)[name] : undefined
  return found === undefined || found === null ? undefined : String(found)
}

/** The newest state of each thing that a broadcast has told of; with more than 100 things, of none. */
export class States {
  readonly #newest = new FewEntries<string, State>()
  #awaited: Set<string> | undefined = undefined
  #isWhole = true

  /** Takes a state; false if the state came before, and comes again only because the subscription was started again. */
  take(state: State): boolean {
    const { of } = state
    if (of === undefined || !this.#isWhole) return true
    const before = this.#newest.get(of)
    if (this.#awaited?.delete(of) && JSON.stringify(before?.answer) === JSON.stringify(state.answer))
      return false
    this.#newest.delete(of)
    this.#newest.set(of, state)
    if (this.#newest.size > maxStates) {
      this.#isWhole = false
      this.#newest.clear()
    }
    return true
  }

  /** All states, the ones that came last at the end; undefined if there were too many to keep. */
  all(): readonly State[] | undefined {
    return this.#isWhole ? this.#newest.values() : undefined
  }

  /** The subscription is started again, so that all states will come again. */
  startAgain(): void {
    const known = this.#newest.values().map(({ of = '' }) => of)
    this.#awaited = new Set([...(this.#awaited ?? []), ...known])
  }
}
