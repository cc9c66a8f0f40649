import type { QueryRunner } from 'typeorm'

/** Allows e-mails about a deletion that was cancelled or carried out, and keeps who is forgotten once the last one is sent. */
export class AddFarewells1796972400000 {
  readonly name = 'AddFarewells1796972400000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. a process of the release before, which runs on while this one starts, forgets at once and tells so; that it is told a
    // second time for its rows does no harm
    // n.b. not valid: nothing that is there already breaks the rule, and to check it would read all e-mails under a lock
    await runner.query(`
      alter table deleted_users add column forgotten_at timestamptz;
      update deleted_users set forgotten_at = deleted_at;
      create index deleted_users_unfinished on deleted_users (user_id) where forgotten_at is null;
      alter table emails
        drop constraint emails_kind_check,
        add constraint emails_kind_check check (kind in (
          'WELCOME', 'PASSWORD_RESET', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE', 'EMAIL_CHANGE_UNDO',
          'ACCOUNT_DELETION', 'ACCOUNT_KEPT', 'ACCOUNT_DELETED',
          'TOTP_ENABLED', 'TOTP_DISABLED', 'RECOVERY_CODE_USED', 'RECOVERY_CODES_RENEWED',
          'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED')) not valid;`)
  }
}
