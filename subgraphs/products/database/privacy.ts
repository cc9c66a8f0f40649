import { messagingPrivacy } from '@supergraph/messaging/privacy.ts'
import { type DatabasePrivacy, migrationsPrivacy, personalUnexported } from '@supergraph/postgres/privacy.ts'

/** What the database of products tells of people: of customers nothing, of staff what they did to the stock. */
export const privacy: DatabasePrivacy = {
  ...migrationsPrivacy,
  ...messagingPrivacy('kept: it tells of no customer'),
  products: {
    notPersonal:
      'id sku name description category price_minor currency image_url version created_at updated_at archived_at on_hand reserved available catalogue_version search',
  },
  reservations: { notPersonal: 'order_id state created_at changed_at expires_at prolonged_at shortages' },
  reservation_lines: { notPersonal: 'order_id product_id quantity' },
  search_words: { notPersonal: 'word uses' },
  searchable_products: { notPersonal: 'product_id place created_at price_minor words' },
  sold_out_products: { notPersonal: 'product_id created_at price_minor name' },
  stock_movements: {
    personal: {
      reason: personalUnexported('why stock moved, as a member of staff wrote it', 'for ever', 'kept'),
    },
    accountIds: 'actor',
    notPersonal: 'id product_id on_hand_delta reserved_delta order_id at idempotency_key',
  },
}
