import { createIndexConcurrently } from '@supergraph/postgres/indexes.ts'
import type { QueryRunner } from 'typeorm'

/** Finds the events of an order that were published or given up; those that wait have an index already. */
export class IndexSettledEvents1796486400000 {
  readonly name = 'IndexSettledEvents1796486400000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(
      runner,
      'outbox_settled_by_aggregate',
      'outbox (aggregate_id) where coalesce(published_at, dead_at) is not null',
    )
  }
}
