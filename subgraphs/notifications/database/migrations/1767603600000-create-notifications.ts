import type { QueryRunner } from 'typeorm'

/** Creates the users' messages with their counters, the orders' changes and the products' stock. */
export class CreateNotifications1767603600000 {
  readonly name = 'CreateNotifications1767603600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table user_counters (
        user_id uuid primary key,
        last_seq integer not null check (last_seq >= 0)
      );

      create table notifications (
        id uuid primary key,
        user_id uuid not null references user_counters,
        seq integer not null check (seq > 0),
        event_id uuid not null,
        kind text not null check (kind in ('WELCOME', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED')),
        title text not null,
        body text not null,
        order_id uuid,
        read_at timestamptz,
        created_at timestamptz not null,
        unique (user_id, seq),
        unique (event_id, user_id)
      );
      create index notifications_unread on notifications (user_id, seq) where read_at is null;

      create table order_updates (
        order_id uuid not null,
        version integer not null check (version > 0),
        type text not null,
        event_id uuid not null unique,
        customer_id uuid not null,
        occurred_at timestamptz not null,
        primary key (order_id, version)
      );

      create table product_stock (
        product_id uuid primary key,
        available integer not null check (available >= 0),
        version integer not null check (version >= 0),
        occurred_at timestamptz not null
      );`)
  }
}
