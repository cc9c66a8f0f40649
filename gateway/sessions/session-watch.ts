import type { Transport } from '@supergraph/messaging/transport.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'
import type { GraphQLError } from 'graphql'
import { gatewayError } from '../errors.ts'
import type { Authenticate, TokenSession } from './access-token.ts'
import { createEndedSessions } from './ended-sessions.ts'

/** Knows, from the events of users, which sessions have ended although their access tokens have not expired. */
export type SessionWatch = Awaited<ReturnType<typeof startSessionWatch>>

type Watcher = { readonly viewer: Viewer; readonly end: () => void }

/** Listens from now on; an end that was published before, or while the broker is away, may stay unknown. */
export const startSessionWatch = async (transport: Pick<Transport, 'listen'>) => {
  const ended = createEndedSessions()
  const watchersOf = new Map<string, Set<Watcher>>()

  const { stop } = await transport.listen({
    types: [SessionEnded.type],
    handle: envelope => {
      const { time, data } = SessionEnded.parse(envelope)
      ended.note({ ...data, atMs: Date.parse(time) })
      for (const { viewer, end } of watchersOf.get(data.userId) ?? []) if (ended.has(viewer)) end()
    },
  })

  return {
    hasEnded: ended.has,
    /** Calls `end` when the viewer's session ends; returns what ends the watch. */
    onEnd: (viewer: Viewer, end: () => void): (() => void) => {
      if (viewer.kind !== 'user') return () => undefined
      const watcher = { viewer, end }
      const watchers = watchersOf.get(viewer.id) ?? new Set()
      watchersOf.set(viewer.id, watchers.add(watcher))
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0 && watchersOf.get(viewer.id) === watchers) watchersOf.delete(viewer.id)
      }
    },
    stop,
  }
}

/** Does what `authenticate` does, and throws UNAUTHENTICATED (401) if the session has ended. */
export const refuseEnded = (
  authenticate: Authenticate,
  { hasEnded }: Pick<SessionWatch, 'hasEnded'>,
): Authenticate => {
  const unlessEnded = (session: TokenSession): TokenSession => {
    if (hasEnded(session.viewer)) throw sessionEnded()
    return session
  }
  return authorization => {
    const session = authenticate(authorization)
    return session instanceof Promise ? session.then(unlessEnded) : unlessEnded(session)
  }
}

/** The caller's session is over. */
export const sessionEnded = (): GraphQLError =>
  gatewayError('UNAUTHENTICATED', 'The session has ended: sign in again.')
