import { readFile } from 'node:fs/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { EventContext } from '../events/event-scenario.ts'
import { quantile, startVisits } from '../hostile/crowds.ts'
import type { Point } from './trend.ts'

/** What is measured, and by how much it must grow in an hour to be told from the wavering of a small process. */
export const measures = {
  resident: { title: 'MiB resident', least: 24 },
  heap: { title: 'MiB heap', least: 4 },
  files: { title: 'open files', least: 6 },
  loop: { title: 'ms of loop delay (p99)', least: 25 },
  sessions: { title: 'PostgreSQL sessions', least: 6 },
  broker: { title: 'connections to RabbitMQ', least: 2 },
  p50: { title: 'ms (p50)', least: 5 },
  p99: { title: 'ms (p99)', least: 50 },
} as const

export type Measure = keyof typeof measures

export const measureNames = Object.keys(measures).filter((name): name is Measure => name in measures)

/** What was measured of a process, or of the whole, from one start to the next. */
export type Life = { readonly [Name in Measure]?: readonly Point[] }

/** The lives of each process and of the whole, by their names. */
export type Lives = ReadonlyMap<string, readonly Life[]>

const lookEveryMs = 10_000
const windowMs = 30_000
const mebibyte = 1024 * 1024

export type Meter = Running & {
  /** Notes that a process has started anew. */
  readonly beginLife: (process: ProcessName) => void
  /** Notes how long somebody waited. */
  readonly noteMs: (what: 'page' | 'checkout', ms: number) => void
  readonly lives: () => Lives
}

/** Looks every 10 s, after a collection, at each process that runs, and every 30 s at how long people waited. */
export const startMeter = (
  { system, broker }: Pick<EventContext, 'system' | 'broker'>,
  note: (work: () => Promise<void>) => Promise<void>,
): Meter => {
  const startedAtMs = Date.now()
  const lives = new Map<string, Partial<Record<Measure, Point[]>>[]>()
  const waits = { page: [] as number[], checkout: [] as number[] }
  const add = (of: string, measured: Partial<Record<Measure, number>>) => {
    const own = lives.get(of) ?? [{}]
    lives.set(of, own)
    const life = own.at(-1) ?? {}
    for (const name of measureNames) {
      const value = measured[name]
      if (value === undefined) continue
      const points = life[name] ?? []
      life[name] = points
      points.push({ atMs: Date.now() - startedAtMs, value })
    }
  }

  const look = async (): Promise<void> => {
    for (const name of system.processNames) {
      // n.b. one that is being started anew says nothing
      const usage = await system.processes.askUsage(name, 'collect').catch(() => undefined)
      if (usage === undefined) continue
      add(name, {
        resident: usage.residentBytes / mebibyte,
        heap: usage.heapBytes / mebibyte,
        files: usage.openFiles,
        loop: usage.loopDelayMs,
      })
    }
    const [row] = await system.database.query<{ sessions: number }>('orders', sessionsOfServices)
    add('the shop', { sessions: row?.sessions ?? 0, broker: await connectionsTo(new URL(broker.url).port) })
  }
  const readWaits = async (): Promise<void> => {
    for (const what of ['page', 'checkout'] as const) {
      const waited = waits[what].splice(0)
      if (waited.length > 0) add(what, { p50: quantile(waited, 0.5), p99: quantile(waited, 0.99) })
    }
  }
  const running = [startVisits(lookEveryMs, () => note(look)), startVisits(windowMs, () => note(readWaits))]

  return {
    beginLife: name => lives.get(name)?.push({}),
    noteMs: (what, ms) => void waits[what].push(ms),
    lives: () => lives,
    stop: async () => {
      for (const each of running) await each.stop()
    },
  }
}

// n.b. a role sees of the sessions of others hardly more than their names; what PostgreSQL does by itself has none
const sessionsOfServices = `
  select count(*)::int as sessions from pg_stat_activity where application_name not in ('', 'testbed')`

/** How many connections of this machine lead to a port; Linux alone tells. */
const connectionsTo = async (port: string): Promise<number> => {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
  const end = `:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').filter(line => {
    const [, , remote = '', state] = line.trim().split(/\s+/)
    return remote.endsWith(end) && state === established
  }).length
}

const established = '01'
