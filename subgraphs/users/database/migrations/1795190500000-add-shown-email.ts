import type { QueryRunner } from 'typeorm'

/**
 * Keeps an e-mail address as its owner writes it beside the ASCII form, which all that is there already has; remembers the
 * networks that people sign in from; and lets a client repeat a refresh whose answer was lost.
 */
export class AddShownEmail1795190500000 {
  readonly name = 'AddShownEmail1795190500000'

  async up(runner: QueryRunner): Promise<void> {
    // n.b. login_attempts stays: processes of the release before count there until they are replaced
    await runner.query(`
      alter table users add column shown_email text check (shown_email <> email);

      alter table refresh_tokens add column successor_salt text check (char_length(successor_salt) = 43);
      create index refresh_tokens_with_salt on refresh_tokens (used_at) where successor_salt is not null;

      create table familiar_networks (
        key text primary key check (char_length(key) = 43),
        last_used_at timestamptz not null
      );
      create index familiar_networks_by_age on familiar_networks (last_used_at);`)
  }
}
