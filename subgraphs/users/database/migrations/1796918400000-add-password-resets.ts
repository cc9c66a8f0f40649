import type { QueryRunner } from 'typeorm'

/** Keeps who has asked for a new password until that is dealt with, and the hashes of tokens that are sent by e-mail. */
export class AddPasswordResets1796918400000 {
  readonly name = 'AddPasswordResets1796918400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table password_reset_requests (
        id bigint generated always as identity primary key,
        email text not null check (char_length(email) <= 254),
        requested_at timestamptz not null default clock_timestamp(),
        traceparent text
      );

      create table one_time_tokens (
        hash text primary key check (char_length(hash) = 43),
        user_id uuid not null references users on delete cascade,
        purpose text not null check (purpose in ('password-reset')),
        expires_at timestamptz not null,
        unique (user_id, purpose)
      );
      create index one_time_tokens_by_expiry on one_time_tokens (expires_at);`)
  }
}
