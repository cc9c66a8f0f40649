import type { QueryRunner } from 'typeorm'

/** Lets a REJECTED order owe money again whose return has failed, and finds refunds that have failed. */
export class OweRefunds1796961600000 {
  readonly name = 'OweRefunds1796961600000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. orders_check5 is the name that PostgreSQL gave, and every row that met it meets the one in its place
    await runner.query(`
      alter table orders
        drop constraint orders_check5,
        add constraint orders_rejected_holds_no_stock check (
          status <> 'REJECTED'
          or (stock_state in ('REFUSED', 'RETURNED') and payment_state not in ('ASKED', 'AUTHORIZED'))) not valid;
      create index refunds_failed on refunds (requested_at) where state = 'FAILED';`)
  }
}
