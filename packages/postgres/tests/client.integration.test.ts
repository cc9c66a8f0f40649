import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openDatabase } from '../data-source.ts'
import { rows } from '../statements.ts'
import { createTestDatabase } from './test-database.ts'

let url = ''
beforeAll(async () => {
  const database = await createTestDatabase()
  url = database.url
  return database.drop
})

/** A database that has one connection. */
const open = async () => {
  const database = await openDatabase({ service: 'orders', url, tables: [], migrations: [], poolSize: 1 })
  onTestFinished(database.stop)
  return database
}
type Database = Awaited<ReturnType<typeof open>>

const times = async (count: number, act: () => Promise<unknown>) => {
  for (let time = 0; time < count; time += 1) await act()
}

const preparedIn = (database: Database) =>
  rows(database, z.object({ statement: z.string() }), 'select statement from pg_prepared_statements')

it('lets PostgreSQL keep a statement that a connection sends often, and no other', async () => {
  const database = await open()
  const often = 'select $1::int as often'
  await times(4, () => rows(database, z.object({ often: z.int() }), often, [1]))
  await times(9, () => rows(database, z.object({ never: z.int() }), 'select 1 as never'))
  expect(await preparedIn(database)).toEqual([])
  for (const often of [2, 3, 4])
    expect(await rows(database, z.object({ often: z.int() }), 'select $1::int as often', [often])).toEqual([
      { often },
    ])
  expect(await preparedIn(database)).toEqual([{ statement: often }])
})

it('keeps at most 100 statements on a connection', async () => {
  const database = await open()
  for (let index = 0; index < 110; index += 1)
    await times(5, () => rows(database, z.object({}), `select $1::int as column_${index}`, [index]))
  expect(await preparedIn(database)).toHaveLength(100)
})

it('goes on with a statement after what it returns has changed, and after the server has lost it', async () => {
  const database = await open()
  await database.query('create table shelves (label int)')
  await database.query('insert into shelves values (7)')
  const read = () =>
    rows(database, z.object({ label: z.unknown() }), 'select label from shelves where $1', [true])
  await times(6, read)
  await database.query('alter table shelves alter label type text')
  await expect(read()).rejects.toThrow('cached plan must not change result type')
  expect(await read()).toEqual([{ label: '7' }])
  await times(6, read)
  await database.query('deallocate all')
  await expect(read()).rejects.toThrow('does not exist')
  expect(await read()).toEqual([{ label: '7' }])
})
