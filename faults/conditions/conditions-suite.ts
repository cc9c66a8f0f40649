import { messageOf } from '@supergraph/runtime/error-text.ts'
import { type Running, startAll, type Use } from '@supergraph/runtime/lifecycle.ts'
import { startNameServer } from '../../testbed/name-server.ts'
import { createShiftedClock } from '../../testbed/shifted-clock.ts'
import { mountSmallDisk } from '../../testbed/small-disk.ts'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { EventScenario } from '../events/event-scenario.ts'
import { startEventSuite } from '../events/start-event-suite.ts'
import { shopProcesses } from '../events/workers.ts'
import type { ScenarioResult, Suite } from '../scenario.ts'
import { brokerMemoryAlarm } from './broker-memory-alarm.ts'
import { createClockJump } from './clock-jump.ts'
import { databaseInRecovery } from './database-in-recovery.ts'
import { createDiskFull } from './disk-full.ts'
import { createLateNames } from './late-names.ts'

const diskMebibytes = 768

type Machine = {
  readonly disk: Parameters<typeof createDiskFull>[0]
  readonly names: Parameters<typeof createLateNames>[0]
  readonly clocks: Parameters<typeof createClockJump>[0]
}

const scenariosOn = ({ disk, names, clocks }: Machine): readonly EventScenario[] => [
  createDiskFull(disk),
  databaseInRecovery,
  brokerMemoryAlarm,
  createClockJump(clocks),
  createLateNames(names),
]

/** What this machine has, or why it has it not. */
const tryToUse = async <T extends Running>(
  use: Use,
  start: () => Promise<T>,
): Promise<{ readonly made?: T; readonly why: string }> => {
  try {
    return { made: use(await start()), why: '' }
  } catch (error) {
    return { why: messageOf(error) }
  }
}

const startClocks = () =>
  startAll(async use => {
    const orders = use(await createShiftedClock())
    const gateway = use(await createShiftedClock())
    const settingsOf = (process: ProcessName) =>
      process === 'orders-1' ? orders.settings : process === 'gateway-1' ? gateway.settings : {}
    return { orders, gateway, settingsOf }
  })

// n.b. a name below localhost is a name of this machine for whoever looks at it, and one to be looked up for the C library
const named = (url: string, name: string): string => url.replace('127.0.0.1', `${name}.localhost`)

/** The machine below the shop turns bad. */
export const conditionsSuite: Suite = {
  scenarios: scenariosOn({ disk: undefined, names: undefined, clocks: undefined }),
  start: ({ logFolder }) =>
    startAll(async use => {
      const disk = await tryToUse(use, () => mountSmallDisk(diskMebibytes))
      const names = await tryToUse(use, startNameServer)
      const clocks = await tryToUse(use, startClocks)
      const scenarios = scenariosOn({ disk: disk.made, names: names.made, clocks: clocks.made })
      const suite = use(
        await startEventSuite(scenarios, {
          processNames: shopProcesses,
          logFolder,
          isBalanced: true,
          ...(disk.made && { postgresDirectory: disk.made.postgresDirectory }),
          ownSettings: process => clocks.made?.settingsOf(process) ?? {},
          ...(names.made && {
            launcherOf: () => names.made?.launcher,
            namesOf: url => named(url, 'database'),
            brokerName: 'broker.localhost',
            addressOf: (_process, called, origins) => origins.map(origin => named(origin, called)).join(','),
          }),
        }),
      )
      const lacking: Readonly<Record<string, string>> = {
        ...(disk.made === undefined && { 'disk-full': disk.why }),
        ...(names.made === undefined && { 'late-dns': names.why }),
        ...(clocks.made === undefined && { 'clock-jump': clocks.why }),
      }
      return {
        run: async (name, options) => {
          const skipped = lacking[name]
          return skipped === undefined ? suite.run(name, options) : notRun(name, skipped)
        },
      }
    }),
}

const notRun = (name: string, skipped: string): ScenarioResult => ({
  ...{ name, skipped, size: 0, durationMs: 0, settledAfterMs: 0, figures: [], kills: 0 },
  ...{ violations: [], problems: [], log: [] },
})
