import type { QueryRunner } from 'typeorm'

/** Keeps which accounts are to be deleted and were, and which services have forgotten them. */
export class AddAccountDeletions1796929200000 {
  readonly name = 'AddAccountDeletions1796929200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table account_deletions (
        user_id uuid primary key,
        requested_at timestamptz not null,
        due_at timestamptz not null,
        carried_out_at timestamptz,
        orders_forgot_at timestamptz,
        notifications_forgot_at timestamptz
      );
      create index account_deletions_due on account_deletions (due_at) where carried_out_at is null;
      create index account_deletions_under_way on account_deletions (due_at)
        where orders_forgot_at is null or notifications_forgot_at is null;`)
  }
}
