import type { QueryRunner } from 'typeorm'

/** Adds payments, refunds, tracking and idempotency keys, and the checkout's lease and fencing number. */
export class AddPayments1795171200000 {
  readonly name = 'AddPayments1795171200000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. orders that were placed before payments existed need none. An order that was REJECTED before its stock was
    // released becomes PENDING again, until the stock is released.
    await runner.query(`
      alter table orders drop constraint orders_check, drop constraint orders_check1, drop constraint orders_check2;
      alter table orders drop constraint orders_customer_id_idempotency_key_key;
      alter table orders rename column next_step to step;
      alter table orders rename column next_step_at to step_due_at;
      alter table orders rename column failure to refusal;
      alter table orders
        add fence integer not null default 0,
        add stock_state text,
        add payment_state text not null default 'NOT_REQUIRED',
        add payment_method text not null default 'none',
        add payment_id text unique,
        add refunded_minor integer not null default 0,
        add tracking jsonb;
      update orders set
        step = case step when 'RESERVE' then 'RESERVE_STOCK' when 'RELEASE' then 'RETURN_STOCK' end,
        status = case when step = 'RELEASE' and status = 'REJECTED' then 'PENDING' else status end,
        stock_state = case
          when step = 'RESERVE' or (step = 'RELEASE' and status = 'REJECTED') then 'ASKED'
          when step = 'RELEASE' then 'COMMITTED'
          when status = 'REJECTED' then 'REFUSED'
          when status = 'CANCELLED' then 'RETURNED'
          else 'COMMITTED' end;
      update orders set step = 'RESERVE_STOCK', step_due_at = now(), stock_state = 'ASKED'
        where status = 'PENDING' and step is null;
      alter table orders
        alter stock_state set not null,
        alter payment_state drop default,
        alter payment_method drop default,
        add check (stock_state in ('ASKED', 'RESERVED', 'COMMITTED', 'REFUSED', 'RETURNED')),
        add check (payment_state in (
          'NOT_REQUIRED', 'NOT_ASKED', 'ASKED', 'AUTHORIZED', 'CAPTURED', 'DECLINED', 'VOIDED', 'REFUNDED')),
        add check (step in (
          'RESERVE_STOCK', 'AUTHORIZE_PAYMENT', 'COMMIT_STOCK', 'CAPTURE_PAYMENT', 'RETURN_PAYMENT', 'RETURN_STOCK', 'REFUND')),
        add check (refunded_minor between 0 and total_minor),
        add check ((step is null) = (step_due_at is null)),
        add check (refusal is null or status in ('PENDING', 'REJECTED')),
        add check (status <> 'REJECTED' or refusal is not null),
        add check (status not in ('CONFIRMED', 'SHIPPED', 'DELIVERED')
          or (stock_state = 'COMMITTED' and payment_state in ('NOT_REQUIRED', 'CAPTURED'))),
        add check (status <> 'REJECTED'
          or (stock_state in ('REFUSED', 'RETURNED') and payment_state not in ('ASKED', 'AUTHORIZED', 'CAPTURED')));

      create table refunds (
        id uuid primary key,
        order_id uuid not null references orders,
        amount_minor integer not null check (amount_minor >= 0),
        state text not null check (state in ('PENDING', 'SUCCEEDED', 'FAILED')),
        failure text,
        reason text,
        actor_kind text not null,
        actor_id uuid,
        requested_at timestamptz not null
      );
      create index refunds_of_order on refunds (order_id, requested_at);
      create unique index refunds_pending on refunds (order_id) where state = 'PENDING';

      create table refund_lines (
        refund_id uuid not null references refunds,
        product_id uuid not null,
        quantity integer not null check (quantity > 0),
        primary key (refund_id, product_id)
      );

      alter table order_changes add actor_kind text, add actor_id uuid;
      update order_changes set actor_kind = 'SYSTEM';
      alter table order_changes alter actor_kind set not null;

      create table idempotency_keys (
        user_id uuid not null,
        key text not null,
        operation text not null,
        input_hash text not null,
        order_id uuid not null references orders deferrable initially deferred,
        answer jsonb,
        created_at timestamptz not null default now(),
        primary key (user_id, key)
      );
      create index idempotency_keys_by_age on idempotency_keys (created_at);
      insert into idempotency_keys (user_id, key, operation, input_hash, order_id, created_at)
        select customer_id, idempotency_key, 'placeOrder', input_hash, id, placed_at from orders;
      alter table orders drop column idempotency_key, drop column input_hash;`)
  }
}
