import type { Audience } from '../audience/audience.ts'
import type { Ground, Scenario } from '../scenario.ts'
import type { Broker } from './broker.ts'
import { brokerAway } from './broker-away.ts'
import { crowd } from './crowd.ts'
import { killBroker, killGateways, killRelays, killWorkers } from './kills.ts'
import { poison } from './poison.ts'
import { randomOrder } from './random-order.ts'
import { reconnects } from './reconnects.ts'
import { smtpAway } from './smtp-away.ts'

/** What a scenario about events works with. */
export type EventGround = Ground & { readonly broker: Broker; readonly audience: Audience }

/** A scenario that subscribers watch, 24 where it does not say how many. */
export type EventScenario = Scenario<EventGround> & {
  readonly subscribers?: Scenario['sizes']
}

/** What events must withstand on their way to the screens, in the order in which it runs. */
export const eventScenarios: readonly EventScenario[] = [
  brokerAway,
  killBroker,
  killRelays,
  killWorkers,
  killGateways,
  randomOrder,
  poison,
  smtpAway,
  crowd,
  reconnects,
]
