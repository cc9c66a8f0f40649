import { messagingPrivacy } from '@supergraph/messaging/privacy.ts'
import { type DatabasePrivacy, migrationsPrivacy } from '@supergraph/postgres/privacy.ts'

/** What the database of analytics tells of people: nothing. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  ...messagingPrivacy('there is none: analytics publishes nothing'),
  daily_sales: {
    notPersonal: 'day product_id currency units_sold units_returned sold_minor returned_minor',
  },
  daily_totals: { notPersonal: 'day currency units_sold units_returned sold_minor returned_minor' },
  order_facts: { notPersonal: 'order_id version fact' },
  product_sales: { notPersonal: 'product_id units_sold' },
  products: { notPersonal: 'product_id name sku is_archived version named_at' },
}
