import type { Audit } from '../database/audit.ts'
import type { AuditView } from '../pages/views.ts'
import type { View } from './view.ts'

const perPage = 200

/** The view of the audit log: the latest acts, last first. */
export const createAuditView = (audit: Pick<Audit, 'list'>): View => ({
  path: /^\/audit$/,
  read: async (): Promise<AuditView> => ({ acts: await audit.list(perPage) }),
})
