import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import { findContradictions } from '../contradictions.ts'
import type { EventContext } from '../events/event-scenario.ts'
import { unmet } from '../scenario.ts'
import { settle } from '../settling.ts'
import { startCustomers } from './customers.ts'
import { type Answers, createGatewayAsk, type GatewayAsk } from './gateway-ask.ts'

/** Does something while customers read and order, and tells how they were answered meanwhile. */
type Phase = (what: string, work: () => Promise<unknown>) => Promise<Answers>

/** What a condition works with beside what every scenario does. */
export type ConditionContext = EventContext &
  Pick<GatewayAsk, 'allow'> & {
    readonly phase: Phase
    /** How many orders were confirmed so far. */
    readonly confirmed: () => number
    /** Notes what did not hold. */
    readonly expect: (holds: boolean, otherwise: string) => void
    /** Notes if customers were not served: of twenty one may be told to come again, as on a busy machine. */
    readonly expectServed: (what: string, answers: Answers) => void
  }

const wellAfter = 40
const shownWrong = 3

/**
 * Lets customers read and order, brings a condition about and ends it, and waits until they are answered wholly again.
 * Returns what did not hold: answers that the contract does not allow, and orders that are not as customers were told.
 */
export const underCondition = async (
  context: EventContext,
  bringAbout: (condition: ConditionContext) => Promise<void>,
): Promise<readonly string[]> => {
  const { system, tell } = context
  const problems: string[] = []
  const running = await startAll(async use => {
    const gateways = use(createGatewayAsk(system))
    return { gateways, customers: use(await startCustomers(context, gateways)) }
  })
  const { gateways, customers } = running
  const phase: Phase = async (what, work) => {
    const startedAtMs = performance.now()
    const before = customers.confirmed()
    await work()
    const answers = gateways.take()
    const { whole, again, wrong, slowestReadMs, slowestWriteMs } = answers
    tell([
      what,
      seconds(performance.now() - startedAtMs),
      ...[whole, again, wrong.length, customers.confirmed() - before].map(String),
      ...[slowestReadMs, slowestWriteMs].map(seconds),
    ])
    problems.push(...wrong.slice(0, shownWrong).map(answer => `${what}: ${answer}`))
    if (wrong.length > shownWrong) problems.push(`${what}: ${wrong.length} such answers`)
    return answers
  }
  const expect = (holds: boolean, otherwise: string) => void problems.push(...unmet([[holds, otherwise]]))
  const isWell = async (): Promise<void> => {
    const from = gateways.wholeInARow()
    await waitUntil('customers are answered wholly', async () => {
      const now = gateways.wholeInARow()
      return now >= wellAfter && (now < from || now >= from + wellAfter)
    })
  }
  tell(['while', 'for', 'whole', 'again', 'wrong', 'ordered', 'slowest read', 'slowest order'])
  try {
    await phase('nothing is wrong', isWell)
    await bringAbout({
      ...context,
      phase,
      allow: gateways.allow,
      confirmed: customers.confirmed,
      expect,
      expectServed: (what, { whole, again, againWords }) =>
        expect(
          again * 20 <= whole,
          `${what}: ${again} of ${whole + again} not served: ${againWords.join('; ')}`,
        ),
    })
    gateways.allow([])
    await phase('it is over, until well again', isWell)
    await phase('the last orders', customers.stop)
  } finally {
    await running.stop()
  }
  await settle(system.database)
  return [
    ...problems,
    ...(await findContradictions(system.database, customers.shop)),
    ...unmet([[customers.confirmed() > 0, 'nothing was ordered']]),
  ]
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
