import type { QueryRunner } from 'typeorm'

/** Keeps from which network each session was begun. */
export class AddSessionNetworks1796947200000 {
  readonly name = 'AddSessionNetworks1796947200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table sessions add column network text`)
  }
}
