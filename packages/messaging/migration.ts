import type { QueryRunner } from 'typeorm'

/** Creates the outbox and the inbox; every service that publishes or consumes lists it among its migrations. */
export class CreateMessaging1700000000000 {
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
    await new KeepDeadLetters1795176000000().up(runner)
    await new LightenMessaging1795856400000().up(runner)
  }
}

/**
 * Lets the outbox keep which queues gave an event up and to which of them it is replayed, and find an aggregate's events
 * by an index that serves nothing else. A new database gets this with the outbox. Listed as well, this migration brings
 * an older database up to date.
 */
export class KeepDeadLetters1795176000000 {
  readonly name = 'KeepDeadLetters1795176000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table outbox
        add column if not exists dead_letters jsonb not null default '[]',
        add column if not exists replay_to text[];
      create index if not exists outbox_dead on outbox (id) where dead_letters <> '[]';
      drop index if exists outbox_pending_by_aggregate;
      create index outbox_pending_by_aggregate on outbox (aggregate_id, id)
        where coalesce(published_at, dead_at) is null;

      update outbox set dead_letters = (
        select jsonb_agg(jsonb_build_object(
          'queue', found[1], 'attempts', found[2]::int, 'error', found[3],
          'firstFailedAt', created_at, 'lastFailedAt', dead_at))
        from regexp_matches(last_error, '([^ ;,]+), (\\d+) attempts: ([^;]*)', 'g') as matches (found))
      where dead_at is not null and dead_letters = '[]' and last_error ~ '[^ ;,]+, \\d+ attempts: ';`)
  }
}

/**
 * Drops what only slows the outbox down: the relay finds its events by the index of the aggregates, and only events that
 * have failed are looked for by their time. Outbox and inbox are vacuumed after a fiftieth of their rows has changed, and not
 * after a fifth: each published event leaves a dead row. A new database gets this with the outbox.
 */
export class LightenMessaging1795856400000 {
  readonly name = 'LightenMessaging1795856400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index if exists outbox_pending, outbox_pending_by_time;
      create index if not exists outbox_waiting on outbox (next_attempt_at)
        where attempts > 0 and coalesce(published_at, dead_at) is null;
      alter table outbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
      alter table inbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);`)
  }
}

/** What every service that publishes or consumes lists among its migrations. */
export const messagingMigrations = [
  CreateMessaging1700000000000,
  KeepDeadLetters1795176000000,
  LightenMessaging1795856400000,
]
