import type { QueryRunner } from 'typeorm'

/** Creates the audit log: who did what through the console, and why. Its rows are kept for ever. */
export class CreateActs1796860800000 {
  readonly name = 'CreateActs1796860800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table acts (
        id bigint generated always as identity primary key,
        begun_at timestamptz not null default now(),
        who text not null,
        role text not null,
        address text not null,
        act text not null,
        about text not null,
        reason text not null,
        details jsonb not null,
        ended_at timestamptz,
        outcome text
      );`)
  }
}
