import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { describe } from 'vitest'
import type { ProcessSystem } from '../testbed/system/system.ts'
import { startProcessPerService } from './allocations.ts'
import { describeShop } from './shop-suites.ts'
import { describeOutages, describeUsersAway } from './suites/outages.ts'

const broker = brokerUrl()

describe.runIf(broker !== undefined)('over RabbitMQ', () => {
  let system: ProcessSystem
  describeShop(
    async settings => {
      system = await startProcessPerService(broker ?? '', { settings })
      return system
    },
    { outages: [() => describeOutages(() => system)] },
  )
  // n.b. the last of all, since nobody can sign in meanwhile
  describeUsersAway(() => system)
})
