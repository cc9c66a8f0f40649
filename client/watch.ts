import { createBackOff } from './back-off.ts'
import { documentText } from './document-text.ts'
import type { Answer, AnyVariables, OperationDocument } from './operation.ts'
import {
  type Cursor,
  createPosition,
  type KeptCursor,
  type PositionOptions,
  type WatchEvent,
} from './position.ts'
import { reactionTo } from './reactions.ts'
import type { Sessions } from './session.ts'
import { ShopError } from './shop-error.ts'
import type { Socket } from './socket.ts'
import { runSubscription } from './subscription.ts'

/**
 * `live`: what happens comes at once. `resuming`: the connection is gone and is being made again, nothing is lost.
 * `expired`: events were lost, the state has to be read again. `ended`: no more events come.
 */
export type WatchState = 'connecting' | 'live' | 'resuming' | 'expired' | 'ended'

export type WatchListeners = KeptCursor & {
  readonly onState?: (state: WatchState) => void
  /** The events after the cursor are no longer kept: read the state again. The watch goes on with what comes now. */
  readonly onExpired?: () => void
}

export type WatchOptions<Data, Variables extends AnyVariables> = WatchListeners &
  PositionOptions<Data, Variables> & {
    readonly document: OperationDocument<Data, Variables>
    /** Reads the cursor to begin with if none is known. */
    readonly readCursor?: () => Promise<Cursor | undefined>
  }

/**
 * A subscription that outlives its connections: events in order, each once. An event counts as handled, and its cursor is
 * kept, when the next one is asked for. Ends when it is stopped or its user signs out; throws a ShopError if the shop
 * refuses it, or if the session ended elsewhere or somebody else signed in.
 */
export type Watch<Data> = AsyncIterableIterator<WatchEvent<Data>, undefined> & {
  /** Ends the watch at once, a pending `next` too. */
  readonly stop: () => void
  /** Calls `handle` with each event in turn, and `onEnd` at the end, with the error if there is one; gives what stops it. */
  readonly subscribe: (
    handle: (event: WatchEvent<Data>) => void | Promise<void>,
    onEnd?: (error?: unknown) => void,
  ) => () => void
}

/** Makes a watch; it subscribes when the first event is asked for. */
export const createWatch = <Data, Variables extends AnyVariables>(
  options: WatchOptions<Data, Variables>,
  { socket, sessions, closing }: { socket: Socket; sessions: Sessions; closing: AbortSignal },
): Watch<Data> => {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  const { signal } = stopping
  const created = sessions.term()
  const position = createPosition(options)
  const backOff = createBackOff(signal)
  let state: WatchState | undefined

  const enter = (next: WatchState): void => {
    if (state === next) return
    state = next
    options.onState?.(next)
  }
  const resumeLater = async (): Promise<void> => {
    enter('resuming')
    backOff.failed()
    await backOff.wait()
  }
  /** Asks for the cursor to begin with until there is an answer. */
  const currentCursor = async (): Promise<Cursor | undefined> => {
    while (!signal.aborted) {
      try {
        return await options.readCursor?.()
      } catch (error) {
        if (!(error instanceof ShopError) || reactionTo(error, false) !== 'resume later') throw error
        await resumeLater()
      }
    }
    return undefined
  }
  const operation = {
    query: documentText(options.document),
    // n.b. read at each sending: graphql-ws itself sends an operation again after a close with 1000
    get variables() {
      return position.variables()
    },
  }
  const accept = (answer: Answer<Data>): WatchEvent<Data> | undefined => {
    backOff.succeeded()
    return position.accept(answer)
  }

  /** Prepares the next subscription, or throws if there should be none. */
  const recover = async (error: ShopError, isSignedIn: boolean): Promise<void> => {
    switch (reactionTo(error, isSignedIn)) {
      case 'resume':
        return enter('resuming')
      case 'resume later':
        return resumeLater()
      case 'begin anew':
        await position.renew(currentCursor)
        enter('expired')
        return options.onExpired?.()
      case 'end':
        throw error
    }
  }

  const run = async function* (): AsyncGenerator<WatchEvent<Data>, undefined> {
    const now = await sessions.look()
    const term = created ?? now
    const stopFollowing = sessions.onUser((_, ended, isAsked) => {
      if (term.userId !== undefined) stopping.abort(isAsked ? undefined : ended)
    })
    closing.addEventListener('abort', stop)
    try {
      term.signal.throwIfAborted()
      if (closing.aborted) return
      enter('connecting')
      await position.find(currentCursor)
      for (;;) {
        await sessions.look()
        if (signal.aborted) break
        const subscription = runSubscription(socket, operation, accept, () => enter('live'), signal)
        for await (const event of subscription.events) {
          yield event
          await position.handled(event)
        }
        const end = subscription.end()
        if (signal.aborted || end.reason === 'completed') break
        // n.b. a reader that was too slow has now read what was waiting
        if (end.reason === 'failed') await recover(end.error, term.userId !== undefined)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      stopFollowing()
      closing.removeEventListener('abort', stop)
      stop()
      enter('ended')
    }
    if (signal.reason instanceof ShopError) throw signal.reason
    return undefined
  }

  const events = run()
  const watch: Watch<Data> = {
    next: () => events.next(),
    // n.b. by itself, a generator's return waits for the pending next
    return: () => {
      stop()
      return events.return(undefined)
    },
    [Symbol.asyncIterator]: () => watch,
    stop,
    subscribe: (handle, onEnd) => {
      const each = async (): Promise<void> => {
        for await (const event of watch) await handle(event)
      }
      each().then(
        () => onEnd?.(),
        error => onEnd?.(error),
      )
      return stop
    },
  }
  return watch
}
