import { createIndexConcurrently } from '@supergraph/postgres/indexes.ts'
import type { QueryRunner } from 'typeorm'

/** Finds the events about a user, which are forgotten with the account. */
export class IndexEventsAboutUsers1796958000000 {
  readonly name = 'IndexEventsAboutUsers1796958000000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    await createIndexConcurrently(runner, 'outbox_about_user', `outbox ((envelope #>> '{data,userId}'))`)
  }
}
