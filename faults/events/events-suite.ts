import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { type Broker, startBroker } from '../../testbed/broker.ts'
import { startFaultSystem } from '../fault-system.ts'
import { type RunContext, runScenario } from '../run-scenario.ts'
import { findScenario, type ScenarioResult, type Suite } from '../scenario.ts'
import { settle } from '../settling.ts'
import { registerAccounts } from '../shop/accounts.ts'
import { createAsk } from '../shop/ask.ts'
import { openAudience, type Seen } from './audience.ts'
import { brokerAway } from './broker-away.ts'
import { crowd, reconnects } from './crowd.ts'
import { compareEmails, type Posted } from './emails.ts'
import { killBroker, killGateways, killRelays, killWorkers } from './event-kills.ts'
import type { EventScenario } from './event-scenario.ts'
import { compareInboxes, databaseTime, type Handled } from './inboxes.ts'
import { newSupergraphs } from './new-supergraphs.ts'
import { poison } from './poison.ts'
import { randomOrder } from './random-order.ts'
import { compareSales } from './sales.ts'
import { smtpAway } from './smtp-away.ts'
import { workers } from './workers.ts'

const processNames = [
  'registry',
  'mailbox',
  'users',
  'products-1',
  'payment-simulator',
  'orders-1',
  'orders-2',
  ...workers,
  'gateway-1',
  'gateway-2',
] as const

const defaultSubscribers = 24

/** What events must withstand on their way to the screens, in the order in which it runs. */
const scenarios: readonly EventScenario[] = [
  brokerAway,
  killBroker,
  killRelays,
  killWorkers,
  killGateways,
  randomOrder,
  poison,
  smtpAway,
  crowd,
  reconnects,
  newSupergraphs,
]

/** Events from the outboxes to the screens, the mail and the figures, over a broker of the suite's own. */
export const eventsSuite: Suite = {
  scenarios,
  start: ({ logFolder }) =>
    startAll(async use => {
      const broker = use(await startBroker())
      const system = use(
        await startFaultSystem({ processNames, broker: { RABBITMQ_URL: broker.url }, logFolder }),
      )
      const { ask } = use(createAsk(system))
      const startedAt = await databaseTime(system.database)
      // n.b. A quorum queue that was declared a moment before does not survive a kill.
      const [accounts] = await Promise.all([registerAccounts(ask), broker.restart()])
      await settle(system.database)
      // n.b. Every subscriber resumes from the welcome notification.
      await compareInboxes(system.database, startedAt)
      const known = new Set<string>()
      return {
        run: (name, options) =>
          runEventScenario(findScenario(scenarios, name), broker, {
            system,
            ask,
            accounts,
            known,
            ...options,
          }),
      }
    }),
}

/** What of it is about the registry, on the same system. */
export const registrySuite: Suite = { ...eventsSuite, scenarios: [newSupergraphs] }

/** Runs a scenario, and also compares what was published with what was handled, seen by subscribers, sent by e-mail and counted. */
const runEventScenario = async (
  scenario: EventScenario,
  broker: Broker,
  context: RunContext,
): Promise<ScenarioResult> => {
  const { system } = context
  const count = scenario.subscribers?.[context.size] ?? defaultSubscribers
  let handled: Handled | undefined
  let seen: Seen | undefined
  let posted: Posted | undefined
  let settledAfterMs: number | undefined
  const result = await runScenario(
    {
      ...scenario,
      run: async scenarioContext => {
        const { shop, random } = scenarioContext
        const since = await databaseTime(system.database)
        const audience = await openAudience(system, { shop, random: random.fork('audience'), count })
        try {
          const problems = await scenario.run({ ...scenarioContext, broker, audience })
          const restingSinceMs = Date.now()
          await system.processes.restore()
          await settle(system.database)
          handled = await compareInboxes(system.database, since)
          seen = await audience.compare()
          posted = await compareEmails(system, since)
          const miscounted = await compareSales(system.database)
          settledAfterMs = Date.now() - restingSinceMs
          return [...problems, ...handled.problems, ...seen.problems, ...posted.problems, ...miscounted]
        } finally {
          await audience.stop()
        }
      },
    },
    context,
  )
  return {
    ...result,
    settledAfterMs,
    figures: [
      { title: 'events', count: handled?.published ?? 0 },
      { title: 'seen', count: seen?.received ?? 0 },
      { title: 'mails', count: posted?.written ?? 0 },
      { title: 'lost', count: (handled?.lost ?? 0) + (seen?.lost ?? 0) + (posted?.lost ?? 0) },
      { title: 'twice', count: seen?.doubled ?? 0 },
      { title: 'astray', count: (seen?.misdirected ?? 0) + (posted?.misdirected ?? 0) },
    ],
  }
}
