import type { QueryRunner } from 'typeorm'

/** Keeps in which language and notation each recipient is written to, if it is known. */
export class AddLocale1796922000000 {
  readonly name = 'AddLocale1796922000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table recipients add column locale text`)
  }
}
