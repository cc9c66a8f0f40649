import { hasScope, isUser } from '@supergraph/runtime/identity.ts'
import type { Context } from './context.ts'

/** Whether the viewer may see what is personal to this user. */
export const seesPersonal = ({ viewer, signedIn }: Pick<Context, 'viewer' | 'signedIn'>, userId: string) =>
  isUser(viewer, userId) ||
  // n.b. no service needs more of a user than the name
  (viewer.kind === 'user' && hasScope(viewer, 'users:read')) ||
  signedIn.has(userId)
