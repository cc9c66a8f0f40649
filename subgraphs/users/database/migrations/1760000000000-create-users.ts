import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Creates accounts, their credentials and addresses, and the keys that sign access tokens. */
export class CreateUsers1760000000000 implements MigrationInterface {
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
      );`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table signing_keys, addresses, credentials, users;')
  }
}
