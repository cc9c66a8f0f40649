import type { QueryRunner } from 'typeorm'

/** Allows e-mails about a forgotten password, and keeps until when an e-mail may be sent. */
export class AddExpiringEmails1796918400000 {
  readonly name = 'AddExpiringEmails1796918400000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. not valid: nothing that is there already breaks the rule, and to check it would read all e-mails under a lock
    await runner.query(`
      alter table emails
        add column expires_at timestamptz,
        drop constraint emails_kind_check,
        add constraint emails_kind_check check (kind in (
          'WELCOME', 'PASSWORD_RESET', 'ORDER_CONFIRMED', 'ORDER_REJECTED', 'ORDER_CANCELLED',
          'ORDER_SHIPPED', 'ORDER_DELIVERED', 'ORDER_REFUNDED')) not valid;`)
  }
}
