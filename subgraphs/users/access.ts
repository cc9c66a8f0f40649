import { isStaff, isUser } from '@supergraph/runtime/identity.ts'
import type { Context } from './context.ts'

/** Whether the viewer may see what is personal to this user. */
export const seesPersonal = ({ viewer, signedIn }: Pick<Context, 'viewer' | 'signedIn'>, userId: string) =>
  isUser(viewer, userId) || isStaff(viewer) || signedIn.has(userId)
