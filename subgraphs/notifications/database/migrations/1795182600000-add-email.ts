import type { QueryRunner } from 'typeorm'

/** Creates e-mails with their recipients, and the ways in which users want to be told. */
export class AddEmail1795182600000 {
  readonly name = 'AddEmail1795182600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table recipients (
        user_id uuid primary key,
        email text not null,
        name text not null,
        version integer not null check (version > 0)
      );

      create table preferences (
        user_id uuid not null,
        channel text not null check (channel in ('IN_APP', 'EMAIL')),
        enabled boolean not null,
        primary key (user_id, channel)
      );

      create table emails (
        id uuid primary key,
        user_id uuid not null,
        event_id uuid not null,
        kind text not null check (kind in (
          'WELCOME', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED')),
        subject text not null,
        payload jsonb not null,
        state text not null default 'PENDING' check (state in ('PENDING', 'SENT', 'FAILED', 'SKIPPED')),
        attempts integer not null default 0,
        due_at timestamptz not null default now(),
        last_error text,
        created_at timestamptz not null,
        sent_at timestamptz,
        check ((state = 'SENT') = (sent_at is not null)),
        unique (event_id, user_id)
      );
      create index emails_due on emails (due_at) where state = 'PENDING';
      create index emails_by_age on emails (created_at);

      create table withheld_notifications (
        event_id uuid not null,
        user_id uuid not null,
        kind text not null,
        order_id uuid,
        created_at timestamptz not null,
        primary key (event_id, user_id)
      );
      create index withheld_notifications_by_order on withheld_notifications (order_id);
      create index withheld_notifications_by_age on withheld_notifications (created_at);`)
  }
}
