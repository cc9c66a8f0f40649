import { expect, it } from 'vitest'
import { findContractions } from './contractions.ts'

const migration = (sql: string, comment = '') =>
  `${comment}\nasync up(runner) {\n  await runner.query(\`${sql}\`)\n}`

it.each([
  ['drop table carts;'],
  ['alter table users drop column nickname;'],
  ['alter table users alter column locale drop default;', 'drop default'],
  ['alter table users rename to people;', 'rename to people'],
  ['alter table users rename column name to full_name;', 'rename column name to full_name'],
  ['alter table users rename name to full_name;', 'rename name to full_name'],
  ['alter table users alter column name type citext;', 'alter column name type citext'],
  ['alter table users add column sent_to text, alter name set not null;', 'alter name set not null'],
  ['alter table users add column locale\n text not null;', 'add column locale text not null'],
])('finds what the last release does not survive: %s', (sql, statement = sql.slice(
  sql.indexOf('drop'),
  -1,
)) => {
  expect(findContractions(migration(sql))).toEqual([statement])
})

it.each([
  "alter table users add column locale text not null default 'en';",
  'alter table users add column locale text, add column seen_at timestamptz;',
  'alter table lines add column total bigint not null generated always as (price * quantity) stored;',
  'create table carts (id uuid primary key, owner uuid not null);',
  'alter table users drop constraint a, add constraint a check (b in (1, 2)) not valid;',
  'alter table users alter column locale drop not null; drop index users_by_name;',
])('lets pass what the last release does not see: %s', sql => {
  expect(findContractions(migration(sql))).toEqual([])
})

it('lets a migration contract that says why no release needs it any more', () => {
  const sql = 'alter table users drop column nickname;'
  expect(findContractions(migration(sql, '  // contracts: 0.2.0 reads it no more'))).toEqual([])
  expect(findContractions(migration(sql, '  // contracts:'))).toEqual(['drop column nickname'])
})
