import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import type { QueryRunner } from 'typeorm'
import { afterAll, expect, it } from 'vitest'
import { openDatabase } from '../data-source.ts'
import { createIndexConcurrently } from '../indexes.ts'
import { createTestDatabase } from './test-database.ts'

const { url, sql, stop } = await startAll(async use => {
  const { url, drop } = await createTestDatabase()
  use({ stop: drop })
  const sql = new Client({ connectionString: url })
  await sql.connect()
  use({ stop: () => sql.end() })
  await sql.query('create table things (id int, size int); insert into things values (1, 1), (2, 1)')
  return { url, sql }
})
afterAll(stop)

class IndexSizes1760000000001 {
  readonly name = 'IndexSizes1760000000001'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    // n.b. long enough for the other process to wait for its turn
    await runner.query('select pg_sleep(1.5)')
    await createIndexConcurrently(runner, 'things_by_size', 'things (size)')
  }
}

const indexes = async (): Promise<readonly unknown[]> =>
  (
    await sql.query(
      `select indexrelid::regclass::text as name, indisvalid as "isValid", indisunique as "isUnique"
       from pg_index where indrelid = 'things'::regclass`,
    )
  ).rows

it('makes an index anew that a killed process has left, while another process waits for its turn', async () => {
  // n.b. two things have one size, so that an index which must be unique stays invalid
  await expect(sql.query('create unique index concurrently things_by_size on things (size)')).rejects.toThrow(
    'could not create unique index',
  )
  expect(await indexes()).toEqual([{ name: 'things_by_size', isValid: false, isUnique: true }])
  const open = () =>
    openDatabase({ service: 'orders', url, tables: [], migrations: [IndexSizes1760000000001] })
  for (const database of await Promise.all([open(), open()])) await database.stop()
  expect(await indexes()).toEqual([{ name: 'things_by_size', isValid: true, isUnique: false }])
})
