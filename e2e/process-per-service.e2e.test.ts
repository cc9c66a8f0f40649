import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { describe } from 'vitest'
import type { ProcessSystem } from '../testbed/system/system.ts'
import { startProcessPerService } from './allocations.ts'
import { describeShop } from './shop-suites.ts'
import { describeOutages, describeUsersAway } from './suites/outages.ts'
import { describeStopping, stopDelayMs } from './suites/stopping.ts'

const broker = brokerUrl()

describe.runIf(broker !== undefined)('over RabbitMQ', () => {
  let system: ProcessSystem
  describeShop(
    async settings => {
      const delayed = { ...settings, STOP_DELAY_MS: String(stopDelayMs) }
      system = await startProcessPerService(broker ?? '', { settings: delayed })
      return system
    },
    { outages: [() => describeOutages(() => system)] },
  )
  // n.b. after what others need, since nobody can sign in meanwhile
  describeUsersAway(() => system)
  describeStopping(() => system)
})
