import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkoutProcesses, checkoutScenarios } from './checkout/checkout-suite.ts'
import { attackedGateway, documents } from './hostile/documents.ts'
import { awaitedCustomers } from './payments/awaited-customers.ts'
import type { RunningSuite } from './scenario.ts'
import { createSuite } from './shared-broker.ts'

const broker = brokerUrl()
// n.b. These suites share a system here, whose start costs more than their short scenarios. The last one changes its settings.
const { scenarios, start } = createSuite({
  scenarios: [...checkoutScenarios, documents, awaitedCustomers],
  processNames: [...checkoutProcesses, attackedGateway],
  probed: [attackedGateway],
})
const seed = 1
// n.b. Coming to rest may take 30 s, customers repeat a request for up to a minute, and a machine may be busy.
const timeoutMs = 300_000

describe.runIf(broker !== undefined)('a shop under faults', () => {
  let suite: RunningSuite

  beforeAll(async () => {
    suite = await start({ brokerUrl: broker ?? '' })
  }, timeoutMs)
  afterAll(() => suite?.stop())

  it.each(scenarios)('$name: $guarantee', { timeout: timeoutMs }, async ({ name }) => {
    const { problems } = await suite.run(name, { seed, size: 'short' })
    expect(problems).toEqual([])
  })
})
