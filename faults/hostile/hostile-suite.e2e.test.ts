import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunningSuite } from '../scenario.ts'
import { hostileSuite } from './hostile-suite.ts'

const broker = brokerUrl()
const seed = 1
// n.b. Coming to rest may take 30 s, and a machine may be busy.
const timeoutMs = 300_000

describe.runIf(broker !== undefined)('the gateway under attack', () => {
  let suite: RunningSuite

  beforeAll(async () => {
    suite = await hostileSuite.start({ brokerUrl: broker ?? '' })
  }, timeoutMs)
  afterAll(() => suite?.stop())

  it.each(hostileSuite.scenarios)('$name: $guarantee', { timeout: timeoutMs }, async ({ name }) => {
    const { problems } = await suite.run(name, { seed, size: 'short' })
    expect(problems).toEqual([])
  })
})
