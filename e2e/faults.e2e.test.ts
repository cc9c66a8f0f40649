import { brokerUrl } from '@supergraph/messaging/testing.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkoutScenarios } from '../faults/checkout/scenarios.ts'
import { type Suite, startSuite } from '../faults/suite.ts'

const broker = brokerUrl()
const seed = 1
// n.b. 30 s to come to rest are a part of the guarantee, and customers ask for up to a minute
const timeoutMs = 180_000

describe.runIf(broker !== undefined)('the checkout under faults', () => {
  let suite: Suite

  beforeAll(async () => {
    suite = await startSuite({ brokerUrl: broker ?? '' })
  })
  afterAll(() => suite?.stop())

  it.each(checkoutScenarios)('$name: $guarantee', { timeout: timeoutMs }, async scenario => {
    const { problems } = await suite.run(scenario, { seed, size: 'short' })
    expect(problems).toEqual([])
  })
})
