import type { QueryRunner } from 'typeorm'

/** Creates what throttles count; every service that has a throttle lists it among its migrations. */
export class CreateThrottleCounts1795190400000 {
  readonly name = 'CreateThrottleCounts1795190400000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. unlogged: a count waits for no disk, and a crash of PostgreSQL forgets the counts
    await runner.query(`
      create unlogged table throttle_counts (
        key text primary key,
        forgotten_at timestamptz not null,
        blocked_until timestamptz,
        burst float8 not null,
        first_wait interval not null,
        forgets_one_every interval not null
      );
      create index throttle_counts_by_age on throttle_counts (forgotten_at);`)
  }
}
