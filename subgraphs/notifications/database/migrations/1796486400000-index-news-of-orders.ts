import { createIndexConcurrently } from '@supergraph/postgres/indexes.ts'
import type { QueryRunner } from 'typeorm'

/** Finds the notifications about an order. */
export class IndexNewsOfOrders1796486400000 {
  readonly name = 'IndexNewsOfOrders1796486400000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(
      runner,
      'notifications_by_order',
      'notifications (order_id) where order_id is not null',
    )
  }
}
