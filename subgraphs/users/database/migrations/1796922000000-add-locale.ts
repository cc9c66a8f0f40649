import type { QueryRunner } from 'typeorm'

/** Keeps in which language and notation each user is written to. */
export class AddLocale1796922000000 {
  readonly name = 'AddLocale1796922000000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. the default is for processes of the release before, which run on while this one starts
    await runner.query(`alter table users add column locale text not null default 'en'`)
  }
}
