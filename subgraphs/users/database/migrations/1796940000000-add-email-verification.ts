import type { QueryRunner } from 'typeorm'

/** Keeps whether an e-mail address is known to be its user's, and to which address the token of a link was sent. */
export class AddEmailVerification1796940000000 {
  readonly name = 'AddEmailVerification1796940000000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. the default is for processes of the release before, which run on while this one starts
    await runner.query(`
      alter table users add column email_verified boolean not null default false;

      alter table one_time_tokens
        add column sent_to text,
        drop constraint one_time_tokens_purpose_check,
        add constraint one_time_tokens_purpose_check check (
          purpose in ('password-reset', 'email-verification', 'email-change')) not valid;`)
  }
}
