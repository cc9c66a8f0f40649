import type { QueryRunner } from 'typeorm'

/** Makes amounts 64 bits wide, and refuses those that a number would not hold exactly (2^53 and more). */
export class WidenAmounts1796169600000 {
  readonly name = 'WidenAmounts1796169600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table payment_intents
        alter amount type bigint,
        alter amount_received type bigint,
        alter amount_refunded type bigint,
        add constraint payment_intents_amount_is_exact check (amount <= 9007199254740991);
      alter table refunds
        alter amount type bigint;`)
  }
}
