import type { Suite } from '../scenario.ts'
import { brokerAway } from './broker-away.ts'
import { crowd, reconnects } from './crowd.ts'
import { killBroker, killGateways, killRelays, killWorkers } from './event-kills.ts'
import type { EventScenario } from './event-scenario.ts'
import { newSupergraphs } from './new-supergraphs.ts'
import { poison } from './poison.ts'
import { randomOrder } from './random-order.ts'
import { smtpAway } from './smtp-away.ts'
import { startEventSuite } from './start-event-suite.ts'
import { shopProcesses } from './workers.ts'

/** The processes of the suite. */
export const eventProcesses = ['registry', ...shopProcesses] as const

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
  newSupergraphs,
]

/** Events from the outboxes to the screens, the mail and the figures, over a broker of the suite's own. */
export const eventsSuite: Suite = {
  scenarios: eventScenarios,
  start: ({ logFolder }) => startEventSuite(eventScenarios, { processNames: eventProcesses, logFolder }),
}

/** What of it is about the registry, on the same system. */
export const registrySuite: Suite = { ...eventsSuite, scenarios: [newSupergraphs] }
