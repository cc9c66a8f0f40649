import type { QueryRunner } from 'typeorm'

/** Keeps what the payment provider tells of, until it is handled and for 30 days. */
export class TakeWebhooks1796832000000 {
  readonly name = 'TakeWebhooks1796832000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook_events (
        id text primary key,
        type text not null,
        topic text check (topic in ('PAYMENT', 'REFUNDS', 'DISPUTES')),
        payment_id text,
        order_id uuid,
        created_at timestamptz not null,
        received_at timestamptz not null default now(),
        due_at timestamptz not null default now(),
        tries integer not null default 0,
        handled_at timestamptz,
        constraint webhook_events_without_topic_are_handled check (topic is not null or handled_at is not null)
      );
      create index webhook_events_due on webhook_events (due_at) where handled_at is null;
      create index webhook_events_by_age on webhook_events (received_at);`)
  }
}
