import type { QueryRunner } from 'typeorm'

/** Keeps whose account was deleted, so that nothing late brings them back, and allows e-mails about that. */
export class AddDeletedUsers1796950000000 {
  readonly name = 'AddDeletedUsers1796950000000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. not valid: nothing that is there already breaks the rule, and to check it would read all e-mails under a lock
    await runner.query(`
      create table deleted_users (
        user_id uuid primary key,
        deleted_at timestamptz not null default now()
      );
      create index emails_by_user on emails (user_id);

      alter table emails
        drop constraint emails_kind_check,
        add constraint emails_kind_check check (kind in (
          'WELCOME', 'PASSWORD_RESET', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE', 'EMAIL_CHANGE_UNDO',
          'ACCOUNT_DELETION', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED')) not valid;`)
  }
}
