import type { QueryRunner } from 'typeorm'

/** Creates the traces, their spans, what they have to do with, and the counts of the map. */
export class CreateTraces1796688000000 {
  readonly name = 'CreateTraces1796688000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table traces (
        trace_id text primary key,
        started_at timestamptz not null,
        ended_at timestamptz not null,
        kind text,
        name text,
        service text,
        client text,
        requested_at timestamptz,
        duration_us bigint,
        is_failed boolean not null,
        is_plan_cached boolean,
        is_shared boolean not null,
        spans integer not null,
        errors integer not null,
        calls integer not null,
        statements integer not null,
        tags text[] not null
      );
      create index traces_by_start on traces (started_at desc, trace_id);

      create table span_batches (
        id bigint generated always as identity primary key,
        trace_id text not null,
        spans text not null
      );
      create index span_batches_by_trace on span_batches (trace_id);

      create table subjects (
        kind text not null,
        id text not null,
        trace_id text not null,
        label text not null,
        at timestamptz not null,
        primary key (kind, id, trace_id)
      );
      create index subjects_by_time on subjects (kind, at desc);
      create index subjects_by_trace on subjects (trace_id);

      create table flows (
        slot timestamptz not null,
        source text not null,
        target text not null,
        duration_class integer not null,
        passages integer not null,
        failures integer not null,
        primary key (slot, source, target, duration_class)
      );

      -- n.b. rows come and go all the time
      alter table traces set (autovacuum_vacuum_scale_factor = 0.05);
      alter table span_batches set (autovacuum_vacuum_scale_factor = 0.05);
      alter table subjects set (autovacuum_vacuum_scale_factor = 0.05);
      alter table flows set (autovacuum_vacuum_scale_factor = 0.05);`)
  }
}
