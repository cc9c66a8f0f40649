import type { QueryRunner } from 'typeorm'

/** Keeps what the codes of a user's app are made with, the hashes of recovery codes, and the logins that wait for a code. */
export class AddTotp1796968800000 {
  readonly name = 'AddTotp1796968800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table users add column totp_since timestamptz;

      create table totp_secrets (
        user_id uuid primary key references users on delete cascade,
        sealed_secret text not null,
        used_step integer
      );

      create table recovery_codes (
        user_id uuid not null references users on delete cascade,
        hash text not null check (char_length(hash) = 43),
        primary key (user_id, hash)
      );

      create table login_challenges (
        hash text primary key check (char_length(hash) = 43),
        user_id uuid not null references users on delete cascade,
        expires_at timestamptz not null
      );
      create index login_challenges_by_user on login_challenges (user_id);
      create index login_challenges_by_expiry on login_challenges (expires_at);`)
  }
}
