import type { QueryRunner } from 'typeorm'

/** Keeps whose account was deleted, and whether their orders have forgotten them. */
export class AddDeletedCustomers1796929200000 {
  readonly name = 'AddDeletedCustomers1796929200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table deleted_customers (
        customer_id uuid primary key,
        deleted_at timestamptz not null default now(),
        forgotten_at timestamptz
      );
      create index deleted_customers_to_forget on deleted_customers (deleted_at) where forgotten_at is null;`)
  }
}
