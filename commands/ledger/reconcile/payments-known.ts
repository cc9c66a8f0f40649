import { idPages } from '@supergraph/ledger/subject.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { z } from 'zod'
import type { Shop } from './shop.ts'

/** The payments of the shop are with another provider than the one whose database is read. */
export class OtherProvider extends ExpectedError {}

/** Throws OtherProvider if orders has payments that the payment simulator has never heard of: nothing true is known of the money. */
export const assertPaymentsKnown = async ({ read }: Pick<Shop, 'read'>): Promise<void> => {
  const sql = 'select payment_id as id from orders where payment_id > $1 order by payment_id limit $2'
  for await (const ids of idPages(read.orders, sql, '')) {
    const found = await read['payment-simulator'].rows(
      z.object({ id: z.string() }),
      'select id from payment_intents where id = any ($1::text[])',
      [ids],
    )
    const known = new Set(found.map(({ id }) => id))
    const stranger = ids.find(id => !known.has(id))
    if (stranger !== undefined)
      throw new OtherProvider(
        `Orders has payments that the database of PAYMENT_SIMULATOR_DATABASE_URL does not know, such as ${stranger}: name the database of the simulator that took them. Payments that Stripe keeps can't be reconciled with this command.`,
      )
  }
}
