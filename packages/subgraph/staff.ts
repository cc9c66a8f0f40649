import { requireScope, type Viewer } from '@supergraph/runtime/identity.ts'

/** A member of staff or an admin who acts, in which session, and from which address if the subgraph is told. */
export type Staff = {
  readonly actorId: string
  readonly sessionId: string
  readonly clientAddress: string | null
}

/** The staff that a request comes from: a user who may do this; throws FORBIDDEN or UNAUTHENTICATED for everybody else. */
export const requireStaff = (
  { viewer, clientAddress }: { readonly viewer: Viewer; readonly clientAddress?: string | undefined },
  scope: string,
): Staff => {
  const actorId = requireScope(viewer, scope)
  const sessionId = viewer.kind === 'user' ? viewer.sessionId : ''
  return { actorId, sessionId, clientAddress: clientAddress ?? null }
}
