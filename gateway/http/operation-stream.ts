import type { ServerResponse } from 'node:http'
import { createEventWriter } from '@supergraph/runtime/event-writer.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { type FormatError, formatAny, gatewayError } from '../errors.ts'
import type { TokenSession } from '../sessions/access-token.ts'
import { type SessionWatch, type SessionWatcher, sessionEnded } from '../sessions/session-watch.ts'
import { idOf } from '../subscriptions/position.ts'
import type { StreamedOperation } from '../subscriptions/streamed-operations.ts'

/** The answer to one operation as server-sent events. */
export type OperationStream = ReturnType<typeof createOperationStream>

/** Makes an answer on behalf of a session, with whose end it ends. */
export const createOperationStream = (
  response: ServerResponse,
  session: TokenSession,
  watch: Pick<SessionWatch, 'watch' | 'unwatch'>,
  format: FormatError,
) => {
  let over: GraphQLError | undefined
  let isBrokenOff = false
  let breakOff = (): void => {
    isBrokenOff = true
  }
  let leave = (): void => undefined
  const watcher: SessionWatcher = {
    session,
    over: why => {
      over = why === 'ended' ? sessionEnded() : tokenExpired()
      leave()
    },
  }
  watch.watch(watcher)
  response.once('close', () => {
    watch.unwatch(watcher)
    leave()
  })

  /** Gives the errors with which the operation ends. */
  const deliver = async (
    operation: StreamedOperation,
    next: (text: string, id: string | undefined) => Promise<void>,
  ): Promise<readonly GraphQLFormattedError[]> => {
    // n.b. the session may have ended while the operation was prepared
    if (over !== undefined) return [formatAny(format, over)]
    const { promise, resolve } = Promise.withResolvers<readonly GraphQLFormattedError[]>()
    const running = operation.start({
      next: (text, cursor) => next(text, cursor === undefined ? undefined : idOf(cursor)),
      end: (errors = []) => resolve(errors),
    })
    leave = () => {
      running.stop()
      resolve([])
    }
    const errors = await promise
    return over === undefined ? errors : [formatAny(format, over)]
  }

  return {
    /** The viewer at each moment; undefined once the session is over. */
    viewer: (): Viewer | undefined =>
      over !== undefined || session.expiresAtMs <= Date.now() ? undefined : session.viewer,
    /** Runs an operation, or tells why it can't run, and completes the answer. */
    run: async (operation: StreamedOperation | readonly unknown[]): Promise<void> => {
      if (isBrokenOff) return void response.destroy()
      const writer = createEventWriter(response)
      breakOff = () => {
        isBrokenOff = true
        leave()
        writer.breakOff()
      }
      const errors =
        'start' in operation
          ? await deliver(operation, writer.next)
          : operation.map(error => formatAny(format, error))
      if (isBrokenOff) return
      if (errors.length > 0) await writer.next(JSON.stringify({ errors }))
      await writer.complete()
    },
    /** Ends the answer as if the connection broke, so that the client asks again. */
    breakOff: (): void => breakOff(),
  }
}

const tokenExpired = () =>
  gatewayError('UNAUTHENTICATED', 'The access token has expired: ask again with a new one.')
