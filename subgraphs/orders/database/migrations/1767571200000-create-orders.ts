import type { QueryRunner } from 'typeorm'

export class CreateOrders1767571200000 {
  readonly name = 'CreateOrders1767571200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create sequence order_numbers start with 100001;

      create table orders (
        id uuid primary key,
        number text not null unique,
        customer_id uuid not null,
        status text not null check (
          status in ('PENDING', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'SHIPPED', 'DELIVERED', 'REFUNDED')),
        currency text not null check (currency ~ '^[A-Z]{3}$'),
        total_minor integer not null check (total_minor >= 0),
        shipping jsonb not null,
        version integer not null check (version >= 1),
        idempotency_key text not null,
        input_hash text not null,
        failure jsonb,
        next_step text,
        next_step_at timestamptz,
        step_attempts integer not null default 0,
        placed_at timestamptz not null,
        unique (customer_id, idempotency_key),
        check ((status = 'REJECTED') = (failure is not null)),
        check ((next_step is null) = (next_step_at is null)),
        check (
          next_step is null
          or (next_step = 'RESERVE' and status = 'PENDING')
          or (next_step = 'RELEASE' and status in ('REJECTED', 'CANCELLED')))
      );
      create index orders_of_customer on orders (customer_id, id desc);
      create index orders_of_customer_by_status on orders (customer_id, status, id desc);
      create index orders_by_status on orders (status, id desc);
      create index orders_due on orders (next_step_at) where next_step is not null;

      create table order_items (
        order_id uuid not null references orders,
        position integer not null check (position >= 0),
        product_id uuid not null,
        product_name text not null,
        sku text not null,
        unit_price_minor integer not null check (unit_price_minor >= 0),
        quantity integer not null check (quantity between 1 and 100000),
        primary key (order_id, position)
      );

      create table order_changes (
        order_id uuid not null references orders,
        version integer not null check (version >= 1),
        status text not null,
        at timestamptz not null,
        reason text,
        primary key (order_id, version)
      );`)
  }
}
