import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Creates the outbox and the inbox; every service that publishes or consumes lists it among its migrations. */
export class CreateMessaging1700000000000 implements MigrationInterface {
  readonly name = 'CreateMessaging1700000000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table outbox (
        id bigint generated always as identity primary key,
        message_id uuid not null unique,
        aggregate_id text not null,
        envelope jsonb not null,
        created_at timestamptz not null default now(),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        last_error text,
        dead_at timestamptz,
        published_at timestamptz
      );
      create index outbox_pending on outbox (id) where published_at is null and dead_at is null;
      create index outbox_pending_by_aggregate on outbox (aggregate_id, id)
        where published_at is null and dead_at is null;
      create index outbox_pending_by_time on outbox (next_attempt_at) where published_at is null and dead_at is null;
      create index outbox_published on outbox (published_at) where published_at is not null;

      create function notify_outbox() returns trigger language plpgsql as $$
      begin
        perform pg_notify('outbox', '');
        return null;
      end
      $$;
      create trigger outbox_inserted after insert on outbox for each statement execute function notify_outbox();

      create table inbox (
        message_id uuid not null,
        queue text not null,
        handled_at timestamptz not null default now(),
        primary key (queue, message_id)
      );
      create index inbox_handled on inbox (queue, handled_at);`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inbox; drop table outbox; drop function notify_outbox();')
  }
}
