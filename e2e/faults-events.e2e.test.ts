import { canStartPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventsSuite } from '../faults/events/events-suite.ts'
import type { RunningSuite } from '../faults/scenario.ts'

const seed = 1
// n.b. 30 s to come to rest are a part of the guarantee, thrice, and customers ask for up to a minute
const timeoutMs = 240_000

describe.skipIf(!canStartPrivateBroker)('events under faults', () => {
  let suite: RunningSuite

  beforeAll(async () => {
    suite = await eventsSuite.start({ brokerUrl: '' })
  }, timeoutMs)
  afterAll(() => suite?.stop())

  it.each(eventsSuite.scenarios)('$name: $guarantee', { timeout: timeoutMs }, async ({ name }) => {
    const { problems } = await suite.run(name, { seed, size: 'short' })
    expect(problems).toEqual([])
  })
})
