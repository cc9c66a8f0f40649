import { createIndexConcurrently } from '@supergraph/postgres/indexes.ts'
import type { QueryRunner } from 'typeorm'

/** Finds what staff has done to an order among the events, whose reasons are forgotten with the customer. */
export class IndexActsOnOrders1796958000000 {
  readonly name = 'IndexActsOnOrders1796958000000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(
      runner,
      'outbox_acts_on_order',
      `outbox ((envelope #>> '{data,about,id}')) where envelope ->> 'type' = 'order.staff-acted'`,
    )
  }
}
