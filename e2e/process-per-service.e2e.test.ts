import { brokerUrl } from '@supergraph/messaging/tests/test-namespace.ts'
import { describe } from 'vitest'
import { startProcessPerService } from './allocations.ts'
import { describeShop } from './shop-suites.ts'

const broker = brokerUrl()

describe.runIf(broker !== undefined)('over RabbitMQ', () =>
  describeShop(settings => startProcessPerService(broker ?? '', { settings })),
)
