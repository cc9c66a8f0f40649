import type { QueryRunner } from 'typeorm'

/** Keeps with each version which share of traffic its labels of `@override` have. */
export class AddLabelShares1797130800000 {
  readonly name = 'AddLabelShares1797130800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table versions add column shares jsonb not null default '{}'`)
  }
}
