import type { Broker } from '../../testbed/broker.ts'
import type { Scenario, ScenarioContext } from '../scenario.ts'
import type { Ask } from '../shop/ask.ts'
import type { Audience } from './audience.ts'

/** What a scenario about events works with. */
export type EventContext = ScenarioContext & {
  readonly broker: Broker
  readonly audience: Audience
  /** Asks as the shop's people do. */
  readonly ask: Ask
}

/** A scenario with subscribers: 24, unless it says how many. */
export type EventScenario = Scenario<EventContext> & {
  readonly subscribers?: Scenario['sizes']
  /** With which codes subscriptions may end, beside those after which everybody subscribes again. */
  readonly endCodes?: readonly string[]
}
