import type { QueryRunner } from 'typeorm'

/** Finds those whose account was deleted just now. */
export class IndexDeletedCustomers1796954400000 {
  readonly name = 'IndexDeletedCustomers1796954400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index deleted_customers_by_age on deleted_customers (deleted_at)')
  }
}
