import type { Transport } from '@supergraph/messaging/transport.ts'
import { FewValues } from '@supergraph/runtime/few.ts'
import { SessionEnded } from '@supergraph/schema/events/users.ts'
import type { GraphQLError } from 'graphql'
import { gatewayError } from '../errors.ts'
import type { Authenticate, TokenSession } from './access-token.ts'
import { createEndedSessions } from './ended-sessions.ts'
import { createExpiries } from './expiries.ts'

/** Knows, from the events of users, which sessions have ended although their access tokens have not expired. */
export type SessionWatch = Awaited<ReturnType<typeof startSessionWatch>>

/** Who is told once, when a token expires or its session ends. */
export type SessionWatcher = {
  readonly session: TokenSession
  readonly over: (why: 'expired' | 'ended') => void
}

/** Listens from now on; an end that was published before, or while the broker is away, may stay unknown. */
export const startSessionWatch = async (transport: Pick<Transport, 'listen'>) => {
  const ended = createEndedSessions()
  const watchersOf = new Map<string, FewValues<SessionWatcher>>()
  const expiries = createExpiries<SessionWatcher>(watcher => {
    unwatch(watcher)
    watcher.over('expired')
  })

  const unwatch = (watcher: SessionWatcher): void => {
    const { viewer, expiresAtMs } = watcher.session
    expiries.delete(watcher, expiresAtMs)
    if (viewer.kind !== 'user') return
    const watchers = watchersOf.get(viewer.id)
    if (watchers?.delete(watcher) && watchers.size === 0) watchersOf.delete(viewer.id)
  }

  const { stop } = await transport.listen({
    types: [SessionEnded.type],
    handle: envelope => {
      const { time, data } = SessionEnded.parse(envelope)
      ended.note({ ...data, atMs: Date.parse(time) })
      for (const watcher of [...(watchersOf.get(data.userId) ?? [])]) {
        if (!ended.has(watcher.session.viewer)) continue
        unwatch(watcher)
        watcher.over('ended')
      }
    },
  })

  return {
    hasEnded: ended.has,
    /** Tells a watcher, at once if its session has ended, unless `unwatch` is called before. */
    watch: (watcher: SessionWatcher): void => {
      const { viewer, expiresAtMs } = watcher.session
      if (ended.has(viewer)) return void watcher.over('ended')
      expiries.add(watcher, expiresAtMs)
      if (viewer.kind !== 'user') return
      const watchers = watchersOf.get(viewer.id) ?? new FewValues()
      watchers.add(watcher)
      watchersOf.set(viewer.id, watchers)
    },
    unwatch,
    stop: async () => {
      expiries.stop()
      await stop()
    },
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
  return (authorization, options) => {
    const session = authenticate(authorization, options)
    return session instanceof Promise ? session.then(unlessEnded) : unlessEnded(session)
  }
}

/** The caller's session is over. */
export const sessionEnded = (): GraphQLError =>
  gatewayError('UNAUTHENTICATED', 'The session has ended: sign in again.')
