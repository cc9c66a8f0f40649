import { createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { consumerQueues } from '@supergraph/schema/events/queues.ts'
import { judge } from '../judge.ts'
import { createAsk } from '../shop/ask.ts'
import { registerPeople } from '../shop/people.ts'
import { findScenario, type Suite } from '../suite.ts'
import { startSystem } from '../system/system.ts'
import { checkoutScenarios } from './scenarios.ts'

const services = [
  'users',
  'products-1',
  'products-2',
  'payment-simulator',
  'orders-1',
  'orders-2',
  'notifications-1',
  // n.b. an event that no queue takes waits in its outbox
  'analytics',
] as const

/** The checkout, in a namespace of the given broker. */
export const checkoutSuite: Suite = {
  scenarios: checkoutScenarios,
  start: ({ brokerUrl, logFolder }) =>
    startAll(async use => {
      const { namespace, drop } = createTestNamespace(
        brokerUrl,
        consumerQueues.map(({ queue }) => queue),
      )
      use({ stop: drop })
      const system = use(await startSystem({ services, broker: { url: brokerUrl, namespace }, logFolder }))
      const { ask } = use(createAsk(system))
      const people = await registerPeople(ask)
      const known = new Set<string>()
      return {
        run: (name, options) =>
          judge(findScenario(checkoutScenarios, name), { system, ask, people, known, ...options }),
      }
    }),
}
