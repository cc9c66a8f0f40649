import type { QueryRunner } from 'typeorm'

/** Keeps what happens to payments at the provider by itself: refunds, their failures, and disputes. */
export class SettlePayments1796918400000 {
  readonly name = 'SettlePayments1796918400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table refunds add provider_id text unique;
      alter table order_changes add refund_id uuid;
      create table disputes (
        id text primary key,
        order_id uuid not null references orders,
        status text not null check (status in ('NEEDS_RESPONSE', 'UNDER_REVIEW', 'WON', 'LOST', 'CLOSED')),
        amount_minor bigint not null,
        reason text not null,
        opened_at timestamptz not null,
        respond_by timestamptz
      );
      create index disputes_of_order on disputes (order_id, opened_at);`)
  }
}
