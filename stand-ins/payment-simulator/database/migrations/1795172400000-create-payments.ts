import type { QueryRunner } from 'typeorm'

/** Creates payment intents, their refunds, and the responses to requests with an idempotency key. */
export class CreatePayments1795172400000 {
  readonly name = 'CreatePayments1795172400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table payment_intents (
        id text primary key,
        order_id text generated always as (metadata->>'order_id') stored,
        amount integer not null check (amount > 0),
        amount_received integer not null default 0,
        amount_refunded integer not null default 0,
        currency text not null check (currency ~ '^[a-z]{3}$'),
        status text not null
          check (status in ('requires_payment_method', 'requires_capture', 'succeeded', 'canceled')),
        payment_method text not null,
        metadata jsonb not null,
        created_at timestamptz not null,
        canceled_at timestamptz,
        check (amount_received = case status when 'succeeded' then amount else 0 end),
        check (amount_refunded between 0 and amount_received),
        check ((canceled_at is not null) = (status = 'canceled'))
      );
      create index payment_intents_of_order on payment_intents (order_id, created_at);

      create table refunds (
        id text primary key,
        payment_intent_id text not null references payment_intents,
        order_id text generated always as (metadata->>'order_id') stored,
        refund_id text generated always as (metadata->>'refund_id') stored,
        amount integer not null check (amount > 0),
        status text not null check (status = 'succeeded'),
        metadata jsonb not null,
        created_at timestamptz not null
      );
      create index refunds_of_payment on refunds (payment_intent_id, created_at);

      create table idempotency_keys (
        key text primary key,
        request_hash text not null,
        status integer not null,
        body text not null,
        created_at timestamptz not null default now()
      );`)
  }
}
