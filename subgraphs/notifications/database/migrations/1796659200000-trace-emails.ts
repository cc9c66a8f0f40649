import type { QueryRunner } from 'typeorm'

/** Keeps which trace an e-mail belongs to. */
export class TraceEmails1796659200000 {
  readonly name = 'TraceEmails1796659200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table emails add column traceparent text')
  }
}
