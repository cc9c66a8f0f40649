import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { checkLedger } from '@supergraph/ledger/check.ts'
import { setup as startTestServer } from '@supergraph/postgres/tests/global-setup.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { Client } from 'pg'
import { type Reconciliation, reconcile } from '../../commands/ledger/reconcile/reconcile.ts'
import { startShopUnderTest } from '../../commands/ledger/tests/shop-under-test.ts'
import {
  backUp,
  type Cluster,
  startArchivingCluster,
  startAsOf,
  startStandby,
} from '../../testbed/clusters.ts'
import { openRunDirectory } from '../../testbed/run-directory.ts'
import { waitUntil } from '../../testbed/waiting.ts'

const rolePassword = 'drill'

export type Drill = Awaited<ReturnType<typeof startDrill>>

/** A shop whose orders are on a cluster with a standby and an archived log, and a backup of it. */
export const startDrill = () =>
  startAll(async use => {
    const stopServer = await startTestServer()
    use({ stop: async () => void (await stopServer?.()) })
    const { path, postgresPassword: password, stop } = await openRunDirectory()
    use({ stop })
    const place = (name: string) => ({ directory: join(path, name), password })
    const archive = join(path, 'archive')
    const primary = use(await startArchivingCluster({ ...place('primary'), archive }))
    const shop = use(
      await startShopUnderTest({ orders: await primary.ensureDatabase('orders', rolePassword) }),
    )
    const session = new Client({
      connectionString: `postgres://postgres:${password}@127.0.0.1:${primary.port}/postgres?sslmode=disable`,
    })
    await session.connect()
    for (const name of ['standby', 'restored']) await backUp(primary, session, place(name).directory)
    await session.end()
    const standby = use(await startStandby(place('standby'), primary))
    return {
      ...{ primary, standby, shop },
      restoreTo: async (moment: string) => use(await startAsOf({ ...place('restored'), archive }, moment)),
    }
  })

/** What did not hold, and rows of what was measured, with their titles. */
type Outcome = {
  readonly problems: readonly string[]
  readonly measured: readonly (readonly string[])[]
  /** How long the restored orders took to agree with everything else. */
  readonly agreedAfterMs: number
}

/** Loses a region and goes on in another one, and then goes back to a moment before that. */
export const runDrill = async ({ primary, standby, shop, restoreTo }: Drill): Promise<Outcome> => {
  const problems: string[] = []
  const expectEqual = (what: string, found: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(found, expected)) problems.push(`${what}: ${JSON.stringify(found)}`)
  }
  const ada = await shop.createCustomer('Ada')
  const mug = await shop.findProduct('MUG-STONE-350')
  const place = async (): Promise<string> => (await shop.place(ada, mug)).order.id
  const bring = async (orders: string) => {
    const urls = { ...shop.databaseUrls, orders }
    const { done, left } = await reconcile(urls, { apply: true })
    expectEqual('left for somebody', left.map(textOf), [])
    await shop.reopen({ orders })
    return { deeds: done.length, urls }
  }
  const settle = async (urls: Parameters<typeof reconcile>[0]) => {
    const { violations } = await checkLedger(urls, { settleMs: 30_000 })
    expectEqual('violations', violations, [])
    const { left } = await reconcile(urls, { apply: false })
    expectEqual('a second time', left.map(textOf), [])
  }

  const kept = [await place(), await place()]
  const moment = await primary.ask<string>('select clock_timestamp()::text')
  const streamed = [await place(), await place(), await place()]
  const position = await primary.ask<string>('select pg_current_wal_insert_lsn()::text')
  await isTrue(standby, `select pg_last_wal_replay_lsn() >= '${position}'`)
  await primary.ask('select pg_switch_wal()::text')
  // n.b. the line to the other region breaks first, so that something is lost with the region for certain
  await standby.ask(`alter system set primary_conninfo = ''`)
  await standby.ask('select pg_reload_conf()')
  await isTrue(standby, 'select not exists (select from pg_stat_wal_receiver)')
  const unsent = [await place(), await place()]
  expectEqual('before', (await checkLedger(shop.databaseUrls)).violations, [])

  const lostAtMs = Date.now()
  await primary.kill()
  await shop.close()
  const lastMs = await standby.ask<number>(
    'select extract(epoch from pg_last_xact_replay_timestamp())::float8 * 1000',
  )
  await standby.ask('select pg_promote()')
  const region = await bring(ordersAt(standby))
  const next = await place()
  const upAgainMs = Date.now()
  await settle(region.urls)
  await shop.close()
  expectEqual('of what was sent over', await statusesAt(standby, [...kept, ...streamed, next]), ['CONFIRMED'])
  expectEqual('of what was not', await statusesAt(standby, unsent), ['CANCELLED'])

  const beganMs = Date.now()
  const restored = await restoreTo(moment)
  await isTrue(restored, 'select not pg_is_in_recovery()')
  const back = await bring(ordersAt(restored))
  await settle(back.urls)
  const agreedAfterMs = Date.now() - beganMs
  await shop.close()
  expectEqual('before the moment', await statusesAt(restored, kept), ['CONFIRMED'])
  expectEqual('after it', await statusesAt(restored, [...streamed, ...unsent, next]), ['CANCELLED'])
  return {
    problems,
    agreedAfterMs,
    measured: [
      ['what', 'lost', 'deeds', 'until'],
      [
        'a region',
        `${unsent.length} orders, of the last ${Math.round(lostAtMs - lastMs)} ms`,
        String(region.deeds),
        `the next order ${upAgainMs - lostAtMs} ms`,
      ],
      [
        'back to a moment',
        `${streamed.length + unsent.length + 1} orders`,
        String(back.deeds),
        `everything agrees ${agreedAfterMs} ms`,
      ],
    ],
  }
}

const textOf = ({ kind, subject, does }: Reconciliation['left'][number]) => `${kind} ${subject}: ${does}`

const isTrue = (cluster: Cluster, sql: string) => waitUntil(sql, () => cluster.ask<boolean>(sql))

const ordersAt = ({ port }: Cluster): string =>
  `postgres://orders:${rolePassword}@127.0.0.1:${port}/orders?sslmode=disable`

/** What orders of a cluster are, each status once. */
const statusesAt = async (cluster: Cluster, ids: readonly string[]): Promise<readonly string[]> => {
  const session = new Client({ connectionString: ordersAt(cluster) })
  await session.connect()
  const { rows } = await session.query<{ status: string }>(
    'select status from orders where id = any ($1::uuid[])',
    [ids],
  )
  await session.end()
  return rows.length === ids.length ? [...new Set(rows.map(({ status }) => status))] : ['some are gone']
}
