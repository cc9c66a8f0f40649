import { setTimeout as pause } from 'node:timers/promises'
import type { SystemHosts } from '../../testbed/hosts/system-hosts.ts'
import { percentile } from '../../testbed/percentile.ts'
import type { EventContext, EventScenario } from '../events/event-scenario.ts'
import { unmet } from '../scenario.ts'
import type { Asked } from '../shop/ask.ts'
import { startCustomers } from './customers.ts'

/** What a scenario on several hosts works with. */
export type NetworkContext = EventContext & {
  readonly hosts: SystemHosts
  /** The requests of customers that were answered since this was called last. */
  readonly takeAsked: () => readonly Asked[]
}

/** A scenario on several hosts; its size is the seconds for which the network is disturbed. */
export type NetworkScenario = Omit<EventScenario, 'run'> & {
  readonly run: (context: NetworkContext) => Promise<readonly string[]>
}

const quietMs = 4_000
const healsWithinMs = 15_000
/** A gateway waits 10 s for a mutation, and 2 s for anything else. */
const answersWithinMs = 10_500

/**
 * Disturbs the network for a while under the load of customers; tells what they saw before, meanwhile and after. Until shortly
 * after, answers may have errors with `codes`.
 */
export const disturb = async (
  context: NetworkContext,
  { codes }: { readonly codes: readonly string[] },
  change: (hosts: SystemHosts) => void,
): Promise<readonly string[]> => {
  const { hosts, takeAsked, size, audience, tell, noteKill, advance } = context
  const received = () => audience.subscribers.reduce((sum, { received }) => sum + received.length, 0)
  const before = { packets: await hosts.packets(), received: received() }
  takeAsked()
  tell(titles)
  const row = async (name: string) => {
    const packets = await hosts.packets()
    const asked = takeAsked()
    const news = received()
    tell(rowOf(name, asked, [packets.lost - before.packets.lost, news - before.received]))
    Object.assign(before, { packets, received: news })
    return { asked, lost: packets.lost, news }
  }
  const customers = await startCustomers(context)
  try {
    await pause(quietMs)
    const quiet = await row('before')
    noteKill()
    change(hosts)
    for (let second = 0; second < size; second += 1) {
      await pause(1_000)
      advance()
    }
    const disturbed = await row('disturbed')
    hosts.clear()
    await pause(healsWithinMs)
    const healing = await row('just after')
    await pause(quietMs)
    const healed = await row('after')
    return [
      ...[...quiet.asked, ...healed.asked].flatMap(each => problemsOf(each, [])),
      ...[...disturbed.asked, ...healing.asked].flatMap(each => problemsOf(each, codes)),
      ...unmet([
        [disturbed.lost > quiet.lost, 'no packet was lost'],
        [disturbed.asked.length > 0, 'nobody was answered meanwhile'],
        [healed.news > quiet.news, 'no subscriber saw any event'],
      ]),
    ]
  } finally {
    hosts.clear()
    await customers.stop()
  }
}

const problemsOf = ({ kind, tookMs, codes, lost }: Asked, allowed: readonly string[]): readonly string[] => {
  const unknown = codes.filter(code => !allowed.includes(code))
  return unmet([
    [lost === undefined, `a ${kind} got no answer: ${lost}`],
    [unknown.length === 0, `a ${kind} was answered with ${unknown}`],
    [tookMs < answersWithinMs, `a ${kind} took ${(tookMs / 1_000).toFixed(1)} s`],
  ])
}

const titles = [
  'network',
  'requests',
  'in part',
  'no answer',
  'checkout p50',
  'p99',
  'page p50',
  'p99',
  'slowest',
  'packets lost',
  'events seen',
]

const rowOf = (name: string, asked: readonly Asked[], counts: readonly number[]): readonly string[] => {
  const timesOf = (kind: Asked['kind']) => {
    const times = asked.filter(each => each.kind === kind).map(({ tookMs }) => tookMs)
    return [percentile(times, 0.5), percentile(times, 0.99)]
  }
  const slowest = Math.max(...asked.map(({ tookMs }) => tookMs))
  return [
    name,
    String(asked.length),
    String(asked.filter(({ codes }) => codes.length > 0).length),
    String(asked.filter(({ lost }) => lost !== undefined).length),
    ...[...timesOf('checkout'), ...timesOf('page'), slowest].map(ms => `${ms.toFixed(0)} ms`),
    ...counts.map(String),
  ]
}
