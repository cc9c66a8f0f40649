import type { QueryRunner } from 'typeorm'

/** Keeps when a reservation got more time, which it gets once. */
export class ProlongReservations1796745600000 {
  readonly name = 'ProlongReservations1796745600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reservations add column prolonged_at timestamptz')
  }
}
