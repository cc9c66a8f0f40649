import type { QueryRunner } from 'typeorm'

/** Lets an order wait for a payment that its customer has to approve. */
export class AwaitPayments1796745600000 {
  readonly name = 'AwaitPayments1796745600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table orders
        add payment_action jsonb,
        add payment_waits_until timestamptz,
        drop constraint orders_payment_state_check,
        drop constraint orders_step_check,
        add constraint orders_payment_state_check check (payment_state in (
          'NOT_REQUIRED', 'NOT_ASKED', 'ASKED', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED', 'CAPTURED', 'DECLINED',
          'VOIDED', 'REFUNDED')),
        add constraint orders_step_check check (step in (
          'RESERVE_STOCK', 'AUTHORIZE_PAYMENT', 'AWAIT_PAYMENT', 'COMMIT_STOCK', 'CAPTURE_PAYMENT', 'RETURN_PAYMENT',
          'RETURN_STOCK', 'REFUND')),
        add constraint orders_action_is_open check (payment_action is null or payment_state = 'REQUIRES_ACTION'),
        add constraint orders_rejected_holds_nothing check (
          status <> 'REJECTED' or payment_state not in ('REQUIRES_ACTION', 'PROCESSING'));
      alter table order_changes add payment_change text;`)
  }
}
