import { expect, it, onTestFinished, vi } from 'vitest'
import { startClock } from '../clock.ts'
import { openDatabase } from '../data-source.ts'
import { createTestDatabase } from './test-database.ts'

it("tells the database's time though this process's own jumps", async () => {
  const { url, drop } = await createTestDatabase()
  onTestFinished(drop)
  let readings = 0
  const onQuery = (sql: string) => {
    if (sql.includes('"atMs"')) readings += 1
  }
  const database = await openDatabase({ service: 'clock', url, tables: [], migrations: [], onQuery })
  onTestFinished(database.stop)
  const clock = await startClock(database, { everyMs: 20 })
  onTestFinished(clock.stop)
  const apartMs = async () => {
    const [row] = await database.query('select clock_timestamp() as now')
    return Math.abs(clock.now().getTime() - row.now.getTime())
  }
  expect(await apartMs()).toBeLessThan(1_000)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  expect(await apartMs()).toBeLessThan(1_000)
  await expect.poll(() => readings).toBeGreaterThan(3)
  expect(await apartMs()).toBeLessThan(1_000)
})
