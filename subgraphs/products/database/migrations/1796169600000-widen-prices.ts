import type { QueryRunner } from 'typeorm'

/** Makes prices 64 bits wide, and refuses those that a number would not hold exactly (2^53 and more). */
export class WidenPrices1796169600000 {
  readonly name = 'WidenPrices1796169600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table products
        alter price_minor type bigint,
        add constraint products_price_is_exact check (price_minor <= 9007199254740991);`)
  }
}
