import type { QueryRunner } from 'typeorm'

/** Keeps until when the payment provider has been asked for its events. */
export class CatchUpEvents1796965200000 {
  readonly name = 'CatchUpEvents1796965200000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. the provider has sent earlier events again for three days
    await runner.query(`
      create table missed_events (
        is_only boolean primary key default true check (is_only),
        asked_until timestamptz not null,
        due_at timestamptz not null default now()
      );
      insert into missed_events (asked_until) values (now() - interval '3 days');`)
  }
}
