import type { QueryRunner } from 'typeorm'

/** Creates accounts, their credentials, addresses and sessions, and the keys that sign access tokens. */
export class CreateUsers1760000000000 {
  readonly name = 'CreateUsers1760000000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table users (
        id uuid primary key,
        email text not null unique check (email = lower(email) and char_length(email) <= 254),
        name text not null check (char_length(name) between 1 and 100),
        role text not null check (role in ('CUSTOMER', 'STAFF', 'ADMIN')),
        created_at timestamptz not null
      );
      create index admins on users (id) where role = 'ADMIN';

      create table credentials (
        user_id uuid primary key references users on delete cascade,
        password_hash text not null check (password_hash like '$argon2id$%')
      );

      create table addresses (
        id uuid primary key,
        user_id uuid not null references users on delete cascade,
        position integer generated always as identity,
        name text not null check (char_length(name) between 1 and 100),
        line1 text not null check (char_length(line1) between 1 and 200),
        line2 text check (char_length(line2) between 1 and 200),
        city text not null check (char_length(city) between 1 and 100),
        postal_code text not null check (char_length(postal_code) between 1 and 20),
        country text not null check (country ~ '^[A-Z]{2}$')
      );
      create index addresses_by_user on addresses (user_id, position);

      create table signing_keys (
        kid text primary key,
        private_jwk jsonb not null,
        public_jwk jsonb not null,
        created_at timestamptz not null
      );

      create table sessions (
        id uuid primary key,
        user_id uuid not null references users on delete cascade,
        created_at timestamptz not null,
        last_used_at timestamptz not null,
        ended_at timestamptz,
        end_reason text
          check (end_reason in ('logout', 'password-changed', 'role-changed', 'token-reused')),
        check ((ended_at is null) = (end_reason is null))
      );
      create index sessions_by_user on sessions (user_id);
      create index sessions_by_last_use on sessions (last_used_at);

      create table refresh_tokens (
        hash text primary key check (char_length(hash) = 43),
        session_id uuid not null references sessions on delete cascade,
        issued_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz
      );
      create index refresh_tokens_by_session on refresh_tokens (session_id);
      create index refresh_tokens_by_expiry on refresh_tokens (expires_at);

      create table login_attempts (
        key text primary key,
        failures integer not null check (failures > 0),
        last_failed_at timestamptz not null,
        blocked_until timestamptz
      );
      create index login_attempts_by_age on login_attempts (last_failed_at);`)
  }
}
