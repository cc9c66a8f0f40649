import { canStartPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokerMemoryAlarm } from './conditions/broker-memory-alarm.ts'
import { databaseInRecovery } from './conditions/database-in-recovery.ts'
import { eventProcesses, eventScenarios } from './events/events-suite.ts'
import { startEventSuite } from './events/start-event-suite.ts'
import type { RunningSuite } from './scenario.ts'

// n.b. conditions that need nothing else of the machine share the system, whose start costs more than they do
const scenarios = [...eventScenarios, brokerMemoryAlarm, databaseInRecovery]
const seed = 1
// n.b. Coming to rest may take three times 30 s, and customers repeat a request for up to a minute.
const timeoutMs = 240_000

describe.skipIf(!canStartPrivateBroker)('a shop with a broker of its own under faults', () => {
  let suite: RunningSuite

  beforeAll(async () => {
    suite = await startEventSuite(scenarios, { processNames: eventProcesses })
  }, timeoutMs)
  afterAll(() => suite?.stop())

  it.each(scenarios)('$name: $guarantee', { timeout: timeoutMs }, async ({ name }) => {
    const { problems } = await suite.run(name, { seed, size: 'short' })
    expect(problems).toEqual([])
  })
})
