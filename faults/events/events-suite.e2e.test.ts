import { canStartPrivateBroker } from '@supergraph/messaging/tests/private-broker.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningSuite } from '../scenario.ts'
import { eventsSuite } from './events-suite.ts'

const seed = 1
// n.b. Coming to rest may take three times 30 s, and customers repeat a request for up to a minute.
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
