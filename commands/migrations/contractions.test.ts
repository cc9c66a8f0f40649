import { expect, it } from 'vitest'
import { findContractions } from './contractions.ts'

const migration = (...queries: readonly string[]) =>
  `export class AddLocale1795980000000 {\n  async up(runner) {\n${queries.join('\n')}\n  }\n}`
const query = (sql: string) => `    await runner.query(\`${sql}\`)`
const find = (...queries: readonly string[]) => findContractions(migration(...queries), new Set())

it.each([
  'drop table carts',
  'drop function search_text',
  'drop view if exists sales',
  'alter table users drop column nickname',
  'alter table users drop nickname',
  'alter table users drop constraint a, drop nickname',
  'alter table only users alter column locale drop default',
  'alter table users rename to people',
  'alter table users rename column name to full_name',
  'alter table users rename name to full_name',
  'alter table users alter column name type citext',
  'alter table users alter name set data type citext',
  'alter table users add column sent_to text, alter name set not null',
  'alter table users add column locale text not null',
  'alter table users add locale text not null',
  'alter table orders add column total numeric(10, 2) not null',
  'alter table orders add currency text check (currency in (1, 2)), add total numeric(10, 2) not null',
  'create unique index users_by_name on users (name)',
  'create unique index concurrently if not exists users_by_name on only users using btree (name)',
  'alter table users add unique (name)',
  'alter table users add check (length(name) > 1)',
  'alter table users add constraint name_is_short check (length(name) < 100) not valid',
  'alter table users add foreign key (team) references teams',
  'alter table users add constraint users_team foreign key (team) references teams not valid',
  'alter type kind rename value a to b',
])('finds what the last release does not survive: %s', sql => {
  expect(find(query(`${sql};`))).toEqual([sql])
  expect(find(`    await runner.query('${sql}')`)).toEqual([sql])
})

it('finds it under a quoted name, in capital letters, over several lines and between comments', () => {
  const sql = 'ALTER TABLE "users"\n  -- the name; of old\n  DROP COLUMN "nick name" /* now */;'
  expect(find(query(sql))).toEqual(['alter table users drop column nick_name'])
})

it.each([
  "alter table users add column locale text not null default 'en, not null';",
  'alter table users add locale text, add column seen_at timestamptz;',
  'alter table orders add total numeric(10, 2) not null default 0, add tax numeric(10, 2);',
  'alter table lines add column total bigint not null generated always as (price * quantity) stored;',
  'alter table users add column locale text check (locale is not null or id > 1);',
  'create table carts (id uuid primary key, owner uuid not null, unique (owner), check (owner <> id));',
  'create table carts (id uuid); alter table carts add owner uuid not null, add check (owner <> id) not valid;',
  'create table "carts" (id uuid); create unique index carts_by_id on carts (id);',
  'alter table users drop constraint a, alter column locale drop not null;',
  'create index users_by_name on users (name); drop index users_by_mail;',
  "comment on table users is 'drop table; alter table users drop column name';",
  'create function f() returns void language plpgsql as $$ begin drop table if exists carts; end $$;',
])('lets pass what the last release does not see: %s', sql => {
  expect(find(query(sql))).toEqual([])
})

it('lets a statement contract right before which is said why no release needs it, and no other one', () => {
  const [first, second] = ['alter table users drop column nickname', 'alter table users drop column motto']
  const comment = 'contracts: 0.2.0 reads it no more'
  expect(find(query(`-- ${comment}\n${first};\n${second};`))).toEqual([second])
  expect(find(query(`${first};\n-- ${comment}\n${second};`))).toEqual([first])
  expect(find(`    // ${comment}`, query(`${first};\n${second};`))).toEqual([second])
  expect(find(`    // ${comment}`, query(first), query(second))).toEqual([second])
  expect(find(query(first), `    // ${comment}`, `    await runner.query('${second}')`)).toEqual([first])
  expect(find('    // contracts:', query(first))).toEqual([first])
})

it('leaves out the migrations that the last release has run, and no other one of their file', () => {
  const sql = 'alter table users drop column nickname'
  const both = `${migration(query(sql))}\n${migration(query(sql)).replace('Locale', 'Motto')}`
  expect(findContractions(both, new Set())).toEqual([sql, sql])
  expect(findContractions(both, new Set(['AddLocale1795980000000']))).toEqual([sql])
})
