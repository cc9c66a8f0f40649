import type { QueryRunner } from 'typeorm'

/** Keeps which trace the steps of an order belong to. */
export class TraceOrders1796659200000 {
  readonly name = 'TraceOrders1796659200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table orders add column traceparent text')
  }
}
