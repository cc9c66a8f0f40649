import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Pool } from 'pg'
import type { QueryRunner } from 'typeorm'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { startPooler, testsPooler } from '../../../testbed/pooler.ts'
import { readRows } from '../../../testbed/rows.ts'
import { boundedQuery } from '../bounded-query.ts'
import { DatabaseUnavailable } from '../connection.ts'
import { type DatabaseOptions, openServiceDatabase } from '../data-source.ts'
import { listen } from '../listen.ts'
import { ensureRoleSettings } from '../role-settings.ts'
import { rows } from '../statements.ts'
import { createTestDatabase } from './test-database.ts'

let directUrl = ''
let otherUrl = ''
let poolerUrl = ''
let sessionPoolerUrl = ''
let statementPoolerUrl = ''
beforeAll(async () => {
  if (!testsPooler) return
  const [database, other] = [await createTestDatabase(), await createTestDatabase()]
  directUrl = database.url
  otherUrl = other.url
  const poolers = ['transaction', 'session', 'statement'].map(mode =>
    startPooler(directUrl, { pool_mode: mode }),
  )
  const started: (Running & { readonly url: string })[] = await Promise.all(poolers)
  const [urlOfTransactions = '', urlOfSessions = '', urlOfStatements = ''] = started.map(({ url }) => url)
  poolerUrl = urlOfTransactions
  sessionPoolerUrl = urlOfSessions
  statementPoolerUrl = urlOfStatements
  return async () => {
    await Promise.all(started.map(({ stop }) => stop()))
    await Promise.all([database.drop(), other.drop()])
  }
})

class CreateShelves1760000000001 {
  async up(runner: QueryRunner) {
    await runner.query('create table shelves (id int primary key)')
  }
}

const open = async (options: Partial<DatabaseOptions>) => {
  const migrations = [CreateShelves1760000000001]
  const given = { service: 'orders', url: poolerUrl, tables: [], migrations, keepsIndexOrder: true }
  const database = await openServiceDatabase({ ...given, ...options })
  onTestFinished(database.stop)
  return database
}

const limits = `select name, setting from pg_settings where name in
  ('enable_bitmapscan', 'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout') order by name`

describe.runIf(testsPooler)('behind a pooler', () => {
  it.each([
    ['transaction', () => ({ directUrl })],
    ['session', () => ({ url: sessionPoolerUrl })],
  ])('migrates, bounds all waiting and hears notifications, pooled by %s', async (_, options) => {
    await readRows(
      directUrl,
      `alter role current_user in database "${new URL(directUrl).pathname.slice(1)}" reset all`,
    )
    const database = await open(options())
    expect(await database.query(limits)).toEqual([
      { name: 'enable_bitmapscan', setting: 'off' },
      { name: 'idle_in_transaction_session_timeout', setting: '30000' },
      { name: 'lock_timeout', setting: '5000' },
      { name: 'statement_timeout', setting: '15000' },
    ])
    expect(await database.background.query('select * from shelves')).toEqual([])
    const onNotification = vi.fn()
    const listener = await listen({ url: database.sessionUrl, channel: 'news', onNotification })
    onTestFinished(listener.stop)
    await database.transaction(manager => manager.query(`select pg_notify('news', 'fresh')`))
    await vi.waitFor(() => expect(onNotification.mock.calls).toEqual([['fresh']]))
  })

  it('never answers one statement for another, however often connections trade their sessions', async () => {
    const database = await open({ directUrl })
    const ask = async (index: number) => {
      const kind = index % 4
      const found = await rows(database, z.object({ n: z.int() }), `select $1::int + ${kind} as n`, [index])
      expect(found).toEqual([{ n: index + kind }])
    }
    await Promise.all(Array.from({ length: 400 }, (_, index) => ask(index)))
  })

  it('has the role get its limits, and sessions that are older end, when several processes start at once', async () => {
    const settings = { statement_timeout: '200', lock_timeout: '100' }
    await readRows(poolerUrl, 'select 1')
    await Promise.all(Array.from({ length: 4 }, () => ensureRoleSettings('orders', poolerUrl, settings)))
    await expect(readRows(poolerUrl, 'select pg_sleep(10)')).rejects.toMatchObject({ code: '57014' })
    const database = await open({ url: directUrl })
    await database.transaction(async manager => {
      await manager.query('select pg_advisory_xact_lock(1)')
      const waiting = readRows(poolerUrl, 'select pg_advisory_xact_lock(1)')
      await expect(waiting).rejects.toMatchObject({ code: '55P03' })
    })
  })

  it('says what is set, what was expected and which statements to run, if the role may not set it', async () => {
    const refused = ensureRoleSettings('orders', poolerUrl, { log_parser_stats: 'on' })
    await expect(refused).rejects.toThrow(DatabaseUnavailable)
    await expect(refused).rejects.toThrow(
      /whose sessions have log_parser_stats=off where log_parser_stats=on is expected, .*permission denied.*: run ALTER ROLE "test_\w+" IN DATABASE "test_\w+" SET log_parser_stats = 'on' as an administrator\.$/,
    )
  })

  it.each([
    [
      'transactions without a direct URL',
      () => ({}),
      /orders at .* is behind a pooler .* into DATABASE_DIRECT_URL/,
    ],
    [
      'statements',
      () => ({ url: statementPoolerUrl, directUrl }),
      /allows no transactions: .*pool_mode=transaction/,
    ],
    [
      'transactions, as a direct URL',
      () => ({ directUrl: poolerUrl }),
      /by DATABASE_DIRECT_URL at .* is behind/,
    ],
    [
      'another database, as a direct URL',
      () => ({ directUrl: otherUrl }),
      /^DATABASE_DIRECT_URL of orders leads to .*, which is not the database that DATABASE_URL/,
    ],
    [
      'a parameter of its own',
      () => ({ url: `${poolerUrl}&options=-c%20work_mem=5MB`, directUrl }),
      /unsupported startup parameter.*options.*PGOPTIONS/,
    ],
  ])('refuses a pooler of %s, in one line', async (_, options, expected) => {
    const refused = open(options())
    await expect(refused).rejects.toThrow(DatabaseUnavailable)
    await expect(refused).rejects.toThrow(expected)
    await expect(refused).rejects.toThrow(/^[^\n]+$/)
  })

  it('does not listen where notifications would be lost', async () => {
    const listening = listen({ url: poolerUrl, channel: 'news', onNotification: () => {} })
    await expect(listening).rejects.toThrow(/LISTEN fail there: put .* into DATABASE_DIRECT_URL/)
  })

  it('leaves nothing of a bounded query on a session that others share', async () => {
    const pool = new Pool({ connectionString: poolerUrl, max: 1 })
    onTestFinished(() => pool.end())
    const readOnly = { begin: 'start transaction read only', limits: { statement_timeout: 77 } }
    const bounded = async (sql: string) => (await boundedQuery(pool, sql, [], readOnly)).rows
    expect(await bounded('show statement_timeout')).toEqual([{ statement_timeout: '77ms' }])
    await expect(bounded('create table made ()')).rejects.toMatchObject({ code: '25006' })
    await readRows(poolerUrl, 'create table made ()')
    expect(await readRows(poolerUrl, 'show statement_timeout')).not.toEqual([{ statement_timeout: '77ms' }])
  })
})
