import type { QueryRunner } from 'typeorm'

/** Lets an account have another e-mail address, and the owner of the earlier one take it back. */
export class AddEmailChanges1796943600000 {
  readonly name = 'AddEmailChanges1796943600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table one_time_tokens add column shown_as text;

      create table email_change_undos (
        hash text primary key check (char_length(hash) = 43),
        user_id uuid not null references users on delete cascade,
        email text not null,
        shown_email text,
        expires_at timestamptz not null,
        unique (user_id, email)
      );
      create index email_change_undos_by_email on email_change_undos (email);
      create index email_change_undos_by_expiry on email_change_undos (expires_at);`)
  }
}
