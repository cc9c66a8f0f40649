import type { QueryRunner } from 'typeorm'

/** Creates what happened to payments, which GET /v1/events shows and which is sent to the endpoint of the shop. */
export class KeepEvents1796752800000 {
  readonly name = 'KeepEvents1796752800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table events (
        id text primary key,
        position bigint generated always as identity unique,
        type text not null,
        body text not null,
        created_at timestamptz not null default now(),
        attempts integer not null default 0,
        next_attempt_at timestamptz,
        delivered_at timestamptz
      );
      create index events_to_send on events (next_attempt_at, position) where next_attempt_at is not null;
      create index events_by_age on events (created_at);`)
  }
}
