import type { QueryRunner } from 'typeorm'

/** Creates the audit log, which only grows: its rows can't be changed or deleted. */
export class AddAuditLog1796925600000 {
  readonly name = 'AddAuditLog1796925600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table audit_entries (
        id bigint generated always as identity primary key,
        event_id uuid not null unique,
        at timestamptz not null,
        actor_id uuid,
        session_id text,
        client_address text,
        act text not null,
        about_kind text not null check (about_kind in ('ORDER', 'PRODUCT', 'USER')),
        about_id text not null,
        reason text,
        before jsonb,
        after jsonb
      );
      create index audit_entries_by_actor on audit_entries (actor_id, id);
      create index audit_entries_by_subject on audit_entries (about_id, id);
      create index audit_entries_by_time on audit_entries (at);

      create function refuse_change_of_audit_log() returns trigger language plpgsql as $$
      begin
        raise exception 'the audit log only grows: its entries can not be changed or deleted';
      end $$;
      create trigger audit_entries_only_grow before update or delete on audit_entries
        for each row execute function refuse_change_of_audit_log();
      create trigger audit_entries_stay before truncate on audit_entries
        for each statement execute function refuse_change_of_audit_log();`)
  }
}
