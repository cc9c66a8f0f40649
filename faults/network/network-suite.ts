import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { startAll } from '@supergraph/runtime/lifecycle.ts'
import { findMissing } from '../../testbed/hosts/network.ts'
import { startSystemHosts } from '../../testbed/hosts/system-hosts.ts'
import type { EventContext } from '../events/event-scenario.ts'
import { startEventSuite } from '../events/start-event-suite.ts'
import { shopProcesses } from '../events/workers.ts'
import type { Suite } from '../scenario.ts'
import { type Asked, gatewayBefore } from '../shop/ask.ts'
import { networkScenarios } from './network-scenarios.ts'

/** A system whose processes are spread over three hosts, between which the network is disturbed. */
export const networkSuite: Suite = {
  scenarios: networkScenarios,
  start: ({ logFolder }) =>
    startAll(async use => {
      const missing = await findMissing()
      if (missing !== undefined) throw new ExpectedError(`network needs hosts: ${missing.what}`)
      const hosts = use(await startSystemHosts())
      const asked: Asked[] = []
      const takeAsked = () => asked.splice(0)
      const scenarios = networkScenarios.map(({ run, ...scenario }) => ({
        ...scenario,
        run: (context: EventContext) => run({ ...context, hosts, takeAsked }),
      }))
      return use(
        await startEventSuite(scenarios, {
          processNames: shopProcesses,
          logFolder,
          hosts,
          gatewayOf: gatewayBefore,
          onAsked: each => void asked.push(each),
        }),
      )
    }),
}
