import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { bigint } from '../bigint.ts'
import { openDatabase } from '../data-source.ts'
import { affected, row, rows, UnexpectedRow } from '../statements.ts'
import { createTestDatabase } from './test-database.ts'

const fruit = z.object({ name: z.string(), units: z.int() })

let database: Awaited<ReturnType<typeof openDatabase>>
let drop: () => Promise<void>

beforeAll(async () => {
  const test = await createTestDatabase()
  drop = test.drop
  database = await openDatabase({ service: 'fruits', url: test.url, tables: [], migrations: [] })
  await database.query('create table fruits (name text primary key, units integer)')
})
afterAll(async () => {
  await database.destroy()
  await drop()
})

it('returns rows of the declared shape from any statement', async () => {
  const insert = `insert into fruits values ('fig', 3), ('date', 4) returning name, units`
  expect(await rows(database, fruit, insert)).toEqual([
    { name: 'fig', units: 3 },
    { name: 'date', units: 4 },
  ])
  const update = 'update fruits set units = units + $1 where name = $2 returning *'
  expect(await row(database, fruit, update, [1, 'fig'])).toEqual({ name: 'fig', units: 4 })
  expect(await row(database, fruit, `select * from fruits where name = 'none'`)).toBeUndefined()
})

it('counts what an insert, update or delete has touched', async () => {
  expect(await affected(database, `insert into fruits values ('kiwi', 1), ('lime', 2)`)).toBe(2)
  expect(await affected(database, `update fruits set units = 0 where name in ('kiwi', 'lime')`)).toBe(2)
  expect(await affected(database, `delete from fruits where name = 'kiwi'`)).toBe(1)
  expect(await affected(database, `delete from fruits where name = 'kiwi'`)).toBe(0)
})

it('belongs to the transaction whose manager it is given', async () => {
  const undone = database.transaction(async manager => {
    await affected(manager, `insert into fruits values ('pear', 1)`)
    expect(await rows(manager, fruit, `select * from fruits where name = 'pear'`)).toHaveLength(1)
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  expect(await rows(database, fruit, `select * from fruits where name = 'pear'`)).toEqual([])
})

it('names the column of a row that has another shape, and not its value', async () => {
  await affected(database, `insert into fruits values ('a secret', null)`)
  const wrong = rows(database, fruit, `select * from fruits where name = 'a secret'`)
  await expect(wrong).rejects.toThrow(UnexpectedRow)
  await expect(wrong).rejects.toThrow(/units/)
  await expect(wrong).rejects.not.toThrow(/a secret/)
})

it.each([
  0,
  1,
  -1,
  2_500_000_000,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
])('reads the bigint %d as a number, also from JSON', async value => {
  const shape = z.object({ plain: bigint, inJson: z.object({ value: bigint }) })
  const select = `select $1::bigint as plain, json_build_object('value', $1::bigint) as "inJson"`
  expect(await row(database, shape, select, [value])).toStrictEqual({ plain: value, inJson: { value } })
})

it.each([
  '9007199254740992',
  '9007199254740993',
  '-9223372036854775808',
])('refuses the bigint %s, which a number does not hold, by the name of its column', async value => {
  for (const select of ['$1::bigint as price', 'to_json($1::bigint) as price']) {
    const reading = row(database, z.object({ price: bigint }), `select ${select}`, [value])
    await expect(reading).rejects.toThrow(/price/)
    await expect(reading).rejects.toBeInstanceOf(UnexpectedRow)
  }
})
