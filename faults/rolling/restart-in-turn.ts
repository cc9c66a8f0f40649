import { setTimeout as pause } from 'node:timers/promises'
import type { ProcessName } from '../../testbed/system/plan.ts'
import type { EventContext } from '../events/event-scenario.ts'
import { startSteadyLoad } from '../events/steady-load.ts'
import { unmet } from '../scenario.ts'
import { startBalancer } from './balancer.ts'

const gateways = ['gateway-1', 'gateway-2'] as const
const shownFailures = 5
const answersBetween = 20
/** So many people send a request a second: one reads every 8 s and orders every 80 s. */
const peoplePerRequest = 80 / 11
/** In which those who call have seen that a process is back. */
const backWithinMs = 2_500

/** Restarts one process after the other under a steady load of `size` requests a second, and returns what did not hold. */
export const restartInTurn = async (
  context: EventContext,
  processNames: readonly ProcessName[],
  beforeStart: (name: ProcessName) => void = () => {},
): Promise<readonly string[]> => {
  const { system, audience, size, advance, noteKill, tell } = context
  const balancer = startBalancer(gateways.map(system.urlOf))
  const load = await startSteadyLoad(context, size * peoplePerRequest, balancer.ready)
  const sum = (of: (subscriber: (typeof audience.subscribers)[number]) => number): number =>
    audience.subscribers.reduce((total, subscriber) => total + of(subscriber), 0)
  const now = () => ({
    requests: load.sent(),
    failures: load.failures.length,
    connections: sum(({ connections }) => connections()),
    events: sum(({ received }) => received.length),
    doubled: sum(({ received }) => received.length - new Set(received).size),
  })
  const endedBadly: string[] = []
  let before = now()
  const row = (process: string, stoppedIn: string) => {
    const { requests, failures, connections, events, doubled } = now()
    tell([
      process,
      stoppedIn,
      String(requests - before.requests),
      String(failures - before.failures),
      String(connections - before.connections),
      String(events - before.events),
      String(doubled - before.doubled),
    ])
    before = now()
  }
  tell(['process', 'stopped in', 'requests', 'failed', 'sockets moved', 'events seen', 'seen twice'])
  try {
    await load.goesOn(answersBetween)
    row('nothing yet', '')
    for (const name of processNames) {
      const stoppingAtMs = Date.now()
      const code = await system.processes.terminate(name)
      const stoppedIn = `${((Date.now() - stoppingAtMs) / 1_000).toFixed(1)} s`
      noteKill()
      if (code !== 0) endedBadly.push(`${name} ended with code ${code}`)
      await load.goesOn(answersBetween)
      beforeStart(name)
      await system.processes.start(name)
      await pause(backWithinMs)
      row(name, stoppedIn)
      advance()
    }
  } finally {
    await load.stop()
    await balancer.stop()
  }
  row('all answered', '')
  return [
    ...endedBadly,
    ...load.failures.slice(0, shownFailures).map(failure => `a request failed: ${failure}`),
    ...unmet([
      [load.failures.length <= shownFailures, `${load.failures.length} requests failed`],
      [before.events > 0, 'no subscriber saw any event'],
    ]),
  ]
}
