import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { EventContext, EventScenario } from '../events/event-scenario.ts'
import { startEventSuite } from '../events/start-event-suite.ts'
import { startVisits } from '../hostile/crowds.ts'
import type { Suite } from '../scenario.ts'
import { gatewayBefore } from '../shop/ask.ts'
import { type Meter, startMeter } from './meter.ts'
import { type Done, startOrdinaryLife } from './ordinary-life.ts'
import { plotOf } from './plot.ts'
import { judge } from './verdict.ts'

/** They live as long as the run. */
const steadyOnes = ['users', 'products-1', 'orders-1', 'notifications-1', 'analytics-1', 'gateway-1'] as const
/** One of them is started anew every 45 s. */
const restlessOnes = [
  'users-2',
  'products-2',
  'orders-2',
  'notifications-2',
  'analytics-2',
  'gateway-2',
] as const

const minuteMs = 60_000
/** n.b. what grows up to a bound, as caches and the room of a heap do, has to have grown before the time that is judged */
const rush = { times: 4, share: 0.2 }
const restartEveryMs = 45_000
const killChance = 0.25
// n.b. whoever waits for a process that is killed gets no answer
const failed = { share: 0.01, least: 3 }
const shownFailures = 3

const soak: EventScenario = {
  name: 'soak',
  guarantee: 'ordinary life with restarts: memory, handles and times stay what they are, and nothing is lost',
  sizes: { full: 30, short: 3 },
  subscribers: { full: 48, short: 48 },
  mayFail: true,
  run: async context => {
    const { size: minutes, advance, tell, keep } = context
    const problems = new Set<string>()
    const note = async (work: () => Promise<void>): Promise<void> => {
      await work().catch((error: unknown) => problems.add(messageOf(error)))
    }
    const meter = startMeter(context, note)
    const life = await startOrdinaryLife(context, meter)
    const minutesGo = startVisits(minuteMs, async () => advance())
    const restarts = startRestarts(context, meter, note)
    const rushMs = minutes * minuteMs * rush.share
    await life.rush(rush.times, rushMs)
    await pause(minutes * minuteMs - rushMs)
    for (const each of [restarts, life, minutesGo, meter]) await each.stop()
    const { rows, growing, judged } = judge(meter.lives())
    for (const row of [...rows, ...life.done().map(rowOf)]) tell(row)
    tell(['verdict', '', '', `on ${judged} lives of 15 minutes or more`])
    keep({ text: textOf({ minutes, rows, judged, done: life.done() }), plot: plotOf(meter.lives()) })
    return [...problems, ...growing, ...life.done().flatMap(failuresIn)]
  },
}

/** Ordinary life on two of every process, of which one is started anew again and again. */
export const soakSuite: Suite = {
  scenarios: [soak],
  start: ({ logFolder }) => {
    const processNames = ['mailbox', 'payment-simulator', ...steadyOnes, ...restlessOnes] as const
    return startEventSuite([soak], {
      processNames,
      logFolder,
      probed: processNames,
      isBalanced: true,
      settings: { STOP_DELAY_MS: '3000' },
      gatewayOf: gatewayBefore,
    })
  },
}

/** Restarts one process after the other: most by SIGTERM, some by kill -9. */
const startRestarts = (
  context: EventContext,
  { beginLife }: Pick<Meter, 'beginLife'>,
  note: (work: () => Promise<void>) => Promise<void>,
): Running => {
  const random = context.random.fork('restarts')
  const { noteKill } = context
  const { processes } = context.system
  const restart = async (name: ProcessName): Promise<void> => {
    noteKill()
    const isKilled = random.chance(killChance)
    const code = isKilled ? await processes.kill(name) : await processes.terminate(name)
    // n.b. nobody measures it now
    beginLife(name)
    await processes.start(name)
    if (!isKilled && code !== 0) throw new Error(`${name} ended with code ${code}`)
  }
  return startVisits(restartEveryMs, () => note(() => restart(random.pick(restlessOnes))))
}

const failuresIn = ({ kind, count, failures }: Done): readonly string[] =>
  failures.length <= Math.max(failed.least, count * failed.share)
    ? []
    : [
        `${failures.length} of ${count} times ${kind} failed`,
        ...[...new Set(failures)].slice(0, shownFailures).map(failure => `${kind}: ${failure}`),
      ]

const rowOf = ({ kind, count, failures }: Done): readonly string[] => [
  kind,
  '',
  '',
  `${count} times, ${failures.length} of which failed`,
]

const textOf = ({
  minutes,
  rows,
  judged,
  done,
}: {
  readonly minutes: number
  readonly rows: readonly (readonly string[])[]
  readonly judged: number
  readonly done: readonly Done[]
}): string => {
  const [titles = [], ...body] = rows
  const did = done.map(({ kind, count, failures }) => `${count} × ${kind} (${failures.length} failed)`)
  return [
    `A run of ${minutes} minutes, the first fifth with ${rush.times} times as many people; ${judged} lives were long enough for a verdict. What people did: ${did.join(', ')}.`,
    '',
    ...[titles, titles.map(() => '---'), ...body].map(cells => `| ${cells.join(' | ')} |`),
    '',
    '![what each process uses, and how long people wait, minute by minute](soak.svg)',
  ].join('\n')
}
