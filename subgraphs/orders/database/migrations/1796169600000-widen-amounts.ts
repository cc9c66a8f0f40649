import type { QueryRunner } from 'typeorm'

/** Makes amounts 64 bits wide, and refuses those that a number would not hold exactly (2^53 and more). */
export class WidenAmounts1796169600000 {
  readonly name = 'WidenAmounts1796169600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table orders
        alter total_minor type bigint,
        alter refunded_minor type bigint,
        add constraint orders_total_is_exact check (total_minor <= 9007199254740991);
      alter table order_items
        alter unit_price_minor type bigint,
        add constraint order_items_unit_price_is_exact check (unit_price_minor <= 9007199254740991);
      alter table refunds
        alter amount_minor type bigint,
        add constraint refunds_amount_is_exact check (amount_minor <= 9007199254740991);`)
  }
}
