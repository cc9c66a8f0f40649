import { hasScope, isUser } from '@supergraph/runtime/identity.ts'
import type { Context } from '../context.ts'

/** Whether the viewer may see this user's personal data. */
export const seesPersonal = ({ viewer, signedIn }: Pick<Context, 'viewer' | 'signedIn'>, userId: string) =>
  isUser(viewer, userId) ||
  // n.b. services get no personal data: none needs more than a user's name
  (viewer.kind === 'user' && hasScope(viewer, 'users:read')) ||
  signedIn.has(userId)

/** Whether the viewer may see how, where and when this user signs in. */
export const seesSessions = ({ viewer, signedIn }: Pick<Context, 'viewer' | 'signedIn'>, userId: string) =>
  isUser(viewer, userId) ||
  (viewer.kind === 'user' && hasScope(viewer, 'users:manage')) ||
  signedIn.has(userId)
