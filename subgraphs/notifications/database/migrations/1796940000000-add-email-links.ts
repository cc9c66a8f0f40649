import type { QueryRunner } from 'typeorm'

/** Allows e-mails with links that tell whose an address is. */
export class AddEmailLinks1796940000000 {
  readonly name = 'AddEmailLinks1796940000000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. not valid: nothing that is there already breaks the rule, and to check it would read all e-mails under a lock
    await runner.query(`
      alter table emails
        drop constraint emails_kind_check,
        add constraint emails_kind_check check (kind in (
          'WELCOME', 'PASSWORD_RESET', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE', 'EMAIL_CHANGE_UNDO',
          'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED')) not valid;`)
  }
}
