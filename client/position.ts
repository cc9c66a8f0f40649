import type { Answer, AnyVariables } from './operation.ts'
import { createRecentKeys } from './recent-keys.ts'
import type { Store } from './store.ts'

/** The position of a reader in a stream of events. */
export type Cursor = string | number

/** An event, the errors of those of its fields that are null, and the cursor to go on from. */
export type WatchEvent<Data> = Answer<Data> & { readonly cursor: Cursor | undefined }

export type KeptCursor = {
  /** Keeps the cursor of the last event that was handled, so that the next page load goes on from there. */
  readonly cursorStore?: Store<Cursor>
}

export type PositionOptions<Data, Variables extends AnyVariables> = KeptCursor & {
  readonly variables?: Variables
  /** The variable that takes the cursor to go on from; without it a resumed subscription begins with what comes then. */
  readonly cursorVariable?: string
  readonly cursorOf?: (data: Data) => Cursor | undefined
  /** What two deliveries of one event have in common; by default the cursor. */
  readonly keyOf?: (data: Data) => Cursor | undefined
}

/** The position of a watch: the next subscription begins after the event that was received last. */
export const createPosition = <Data, Variables extends AnyVariables>({
  variables,
  cursorVariable,
  cursorStore,
  cursorOf = () => undefined,
  keyOf = cursorOf,
}: PositionOptions<Data, Variables>) => {
  const keys = createRecentKeys()
  let cursor: Cursor | undefined

  return {
    /** Takes the cursor that is kept, or the one among the variables, or else what `read` gives. */
    find: async (read: () => Promise<Cursor | undefined>): Promise<void> => {
      const given = cursorVariable === undefined ? undefined : variables?.[cursorVariable]
      cursor = (await cursorStore?.get()) ?? (isCursor(given) ? given : await read())
    },
    /** Forgets the cursor for what `read` gives. */
    renew: async (read: () => Promise<Cursor | undefined>): Promise<void> => {
      await cursorStore?.set(undefined)
      cursor = await read()
    },
    /** The variables of a subscription that begins here. */
    variables: (): Record<string, unknown> => ({
      ...variables,
      ...(cursorVariable !== undefined && { [cursorVariable]: cursor }),
    }),
    /** Moves on to a result and returns its event; undefined if the event came before. */
    accept: (answer: Answer<Data>): WatchEvent<Data> | undefined => {
      cursor = cursorOf(answer.data) ?? cursor
      return keys.add(keyOf(answer.data)) ? { ...answer, cursor } : undefined
    },
    /** Keeps the cursor of an event that was handled. */
    handled: async (event: WatchEvent<Data>): Promise<void> => {
      if (event.cursor !== undefined) await cursorStore?.set(event.cursor)
    },
  }
}

const isCursor = (value: unknown): value is Cursor => typeof value === 'string' || typeof value === 'number'
