import type { QueryRunner } from 'typeorm'

/** Creates the plans that spans name, what they were used for, and the lines of logs. */
export class CreatePlansAndLines1796774400000 {
  readonly name = 'CreatePlansAndLines1796774400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table plans (
        id text primary key,
        text text not null,
        told_at timestamptz not null
      );

      create table operation_uses (
        plan_id text not null,
        operation text not null,
        client text not null,
        day date not null,
        uses integer not null,
        last_at timestamptz not null,
        primary key (plan_id, operation, client, day)
      );

      create table log_lines (
        id bigint generated always as identity primary key,
        at_us bigint not null,
        service text not null,
        trace_id text,
        span_id text,
        level text not null,
        message text not null,
        fields text not null
      );
      create index log_lines_by_trace on log_lines (trace_id) where trace_id is not null;

      -- n.b. rows come and go all the time
      alter table operation_uses set (autovacuum_vacuum_scale_factor = 0.05);
      alter table log_lines set (autovacuum_vacuum_scale_factor = 0.05);`)
  }
}
