import { unauthenticated } from '@supergraph/runtime/errors.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import type { Context } from '../context.ts'
import type { SignedIn } from '../database/session-beginnings.ts'
import type { SessionCaller } from '../sessions/sessions.ts'

/** The session that the API answers. n.b. the request that signs somebody in is anonymous itself, and yet shows them their own account */
export const toSession = (context: Pick<Context, 'signedIn'>, signedIn: SignedIn) => {
  context.signedIn.add(signedIn.user.id)
  return { __typename: 'Session', ...signedIn } as const
}

/** Who calls; throws UNAUTHENTICATED for anyone but a signed-in user. */
export const requireSession = (viewer: Viewer): SessionCaller => {
  if (viewer.kind !== 'user') throw unauthenticated()
  return { userId: viewer.id, sessionId: viewer.sessionId }
}

/** n.b. a token works on after its account or its session has ended; then a store returns undefined. */
export const requireAlive = <T>(result: T | undefined): T => {
  if (result === undefined) throw unauthenticated()
  return result
}
