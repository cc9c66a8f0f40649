import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { openAudience, type Seen } from '../audience/audience.ts'
import { judge, type Trial, type Verdict } from '../judge.ts'
import { settle } from '../settling.ts'
import { createAsk } from '../shop/ask.ts'
import { registerPeople } from '../shop/people.ts'
import { findScenario, type Suite } from '../suite.ts'
import { startSystem } from '../system/system.ts'
import { type Broker, startBroker } from './broker.ts'
import { compareEmails, type Posted } from './emails.ts'
import { compareInboxes, databaseTime, type Handled } from './evidence.ts'
import { compareSales } from './sales.ts'
import { type EventScenario, eventScenarios } from './scenarios.ts'

const services = [
  'mailbox',
  'users',
  'products-1',
  'payment-simulator',
  'orders-1',
  'orders-2',
  'notifications-1',
  'notifications-2',
  'analytics',
  'gateway-1',
  'gateway-2',
] as const

const defaultSubscribers = 24

/** Events from the outboxes to the screens, the mail and the figures, over a broker of the suite's own. */
export const eventsSuite: Suite = {
  scenarios: eventScenarios,
  start: ({ logFolder }) =>
    startAll(async use => {
      const broker = use(await startBroker())
      const system = use(await startSystem({ services, broker: { url: broker.url }, logFolder }))
      const { ask } = use(createAsk(system))
      const startedAt = await databaseTime(system.database)
      // n.b. a quorum queue that was declared a moment before does not outlive a kill
      const [people] = await Promise.all([registerPeople(ask), broker.restart()])
      await settle(system.database)
      // n.b. whoever subscribes goes on from the welcome
      await compareInboxes(system.database, startedAt)
      const known = new Set<string>()
      return {
        run: (name, options) =>
          judgeEvents(findScenario(eventScenarios, name), broker, {
            system,
            ask,
            people,
            known,
            ...options,
          }),
      }
    }),
}

/** As `judge`, and compares besides what was published with what was handled, seen by subscribers, sent by e-mail and counted. */
const judgeEvents = async (scenario: EventScenario, broker: Broker, trial: Trial): Promise<Verdict> => {
  const { system } = trial
  const count = scenario.subscribers?.[trial.size] ?? defaultSubscribers
  let handled: Handled | undefined
  let seen: Seen | undefined
  let posted: Posted | undefined
  let settledAfterMs: number | undefined
  const verdict = await judge(
    {
      ...scenario,
      run: async ground => {
        const { shop, random } = ground
        const since = await databaseTime(system.database)
        const audience = await openAudience(system, { shop, random: random.fork('audience'), count })
        try {
          const problems = await scenario.run({ ...ground, broker, audience })
          const restingSinceMs = Date.now()
          await system.services.restore()
          await settle(system.database)
          handled = await compareInboxes(system.database, since)
          seen = await audience.judge()
          posted = await compareEmails(system, since)
          const miscounted = await compareSales(system.database)
          settledAfterMs = Date.now() - restingSinceMs
          return [...problems, ...handled.problems, ...seen.problems, ...posted.problems, ...miscounted]
        } finally {
          await audience.stop()
        }
      },
    },
    trial,
  )
  return {
    ...verdict,
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
