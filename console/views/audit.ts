import type { Audit } from '../database/audit.ts'
import type { AuditView } from '../pages/views.ts'
import type { ShopAudit } from '../shop/audit.ts'
import type { View } from './view.ts'

const perPage = 200

/** The view of the audit log: the latest acts here and in the shop, last first. */
export const createAuditView = (audit: Pick<Audit, 'list'>, shop: ShopAudit): View => ({
  path: /^\/audit$/,
  read: async (_id, _query, visitor): Promise<AuditView> => {
    const [acts, { shopActs, silence }] = await Promise.all([
      audit.list(perPage),
      shop.latest(visitor.accessToken),
    ])
    return { acts, shopActs, shopIsSilent: silence }
  },
})
