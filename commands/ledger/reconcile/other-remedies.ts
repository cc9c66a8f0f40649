import type { Violation } from '@supergraph/ledger/violations.ts'
import { tellStockAgain } from '@supergraph/products/database/recovery.ts'
import { tellDeletedAgain } from '@supergraph/users/database/recovery.ts'
import { z } from 'zod'
import { tellAgain } from './order-remedies.ts'
import { advice, type Deed, deed, otherAdvice, type Remedy } from './remedy.ts'
import type { Shop } from './shop.ts'

/** What is to be done about something that is no order's. */
export const remedyOfOther = (shop: Shop, violation: Violation): Remedy => ({
  ...{ kind: violation.kind, subject: violation.subject },
  ...deedAbout(shop, violation),
})

const deedAbout = (shop: Shop, { kind, subject, ids, detail }: Violation): Deed => {
  switch (kind) {
    case 'update-missing':
    case 'update-unfounded':
      return deed(`tell the product's stock in a version that nobody knows: ${detail}`, async () => {
        const known = await shop.read.notifications.rows(
          z.object({ version: z.number() }),
          'select version from product_stock where product_id = $1',
          [subject],
        )
        return (await tellStockAgain(shop.write.products, subject, known[0]?.version ?? 0)) ? 'done' : 'waits'
      })
    case 'notification-missing':
    case 'email-missing':
      return deed(`tell it again: ${detail}`, () => tellAgain(shop, ids.slice(-1)))
    case 'deletion-undone':
      return deed('tell everybody again that the account was deleted', async () =>
        (await tellDeletedAgain(shop.write.users, subject)) ? 'done' : 'waits',
      )
    case 'deletion-unconfirmed':
      return { by: 'services', does: 'the service says so when it has forgotten the person' }
    case 'event-stuck':
      return detail.includes('unpublished')
        ? { by: 'services', does: 'it is published when its service runs' }
        : { by: 'person', does: advice[kind] ?? otherAdvice }
    default:
      return { by: 'person', does: advice[kind] ?? otherAdvice }
  }
}
