import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { type Broker, startBroker } from '../../testbed/broker.ts'
import { startFaultSystem } from '../fault-system.ts'
import { type RunContext, runScenario } from '../run-scenario.ts'
import { findScenario, type RunningSuite, type ScenarioResult } from '../scenario.ts'
import { settle } from '../settling.ts'
import { registerAccounts } from '../shop/accounts.ts'
import { createAsk } from '../shop/ask.ts'
import { openAudience, type Seen } from './audience.ts'
import { compareEmails, type Posted } from './emails.ts'
import type { EventScenario } from './event-scenario.ts'
import { compareInboxes, databaseTime, type Handled } from './inboxes.ts'
import { compareSales } from './sales.ts'

const defaultSubscribers = 24

/** Starts a system over a broker of its own, with customers who watch their notifications, for these scenarios. */
export const startEventSuite = (
  scenarios: readonly EventScenario[],
  {
    settings = {},
    gatewayOf,
    onAsked,
    brokerName = '127.0.0.1',
    ...options
  }: Omit<Parameters<typeof startFaultSystem>[0], 'broker'> & {
    /** What every process gets. */
    readonly settings?: Readonly<Record<string, string>>
    /** Where customers ask instead of at a process. */
    readonly gatewayOf?: Parameters<typeof createAsk>[1]
    readonly onAsked?: Parameters<typeof createAsk>[2]
    /** The name of this machine by which processes know the broker. */
    readonly brokerName?: string
  },
): Promise<RunningSuite> =>
  startAll(async use => {
    const broker = use(await startBroker(options.hosts?.addressOf('broker')))
    const around = { ...settings, RABBITMQ_URL: broker.url.replace('127.0.0.1', brokerName) }
    const system = use(await startFaultSystem({ ...options, broker: around }))
    const { ask } = use(createAsk(system, gatewayOf, onAsked))
    const startedAt = await databaseTime(system.database)
    const [accounts] = await Promise.all([registerAccounts(ask), broker.keepQueues()])
    await settle(system.database)
    // n.b. Every subscriber resumes from the welcome notification.
    await compareInboxes(system.database, startedAt)
    const known = new Set<string>()
    return {
      run: (name, { minutes: amount, ...options }) =>
        runEventScenario(findScenario(scenarios, name), broker, {
          ...{ system, ask, accounts, known, amount },
          ...options,
        }),
    }
  })

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
        const audience = await openAudience(system, {
          ...{ shop, random: random.fork('audience'), count },
          endCodes: scenario.endCodes ?? [],
        })
        try {
          const problems = await scenario.run({ ...scenarioContext, broker, audience, ask: context.ask })
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
