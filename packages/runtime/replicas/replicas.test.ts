import type { LookupAddress } from 'node:dns'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createLogger } from '../logger.ts'
import type { Readiness } from './ask-ready.ts'
import { createReplicas, type Replica } from './replicas.ts'

const two = 'http://10.0.0.1:4001/graphql,http://10.0.0.2:4001/graphql'

type Way = { readonly host: string; readonly stop: () => Promise<void> }

const share = (urls: string, { lookUp }: { readonly lookUp?: () => Promise<LookupAddress[]> } = {}) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const readiness = new Map<string, Readiness>()
  const stopped: string[] = []
  const replicas = createReplicas<Way>(urls, {
    service: 'users',
    logger: createLogger('gateway', 'silent'),
    open: ({ name, url: { hostname: host } }) => ({ host, stop: async () => void stopped.push(name) }),
    check: async ({ url: { hostname } }) => readiness.get(hostname) ?? 'ready',
    ...(lookUp && { lookUp }),
  })
  onTestFinished(async () => {
    await replicas.stop()
    vi.useRealTimers()
  })
  const next = (except?: Replica<Way>) => replicas.next(except)
  return {
    ...replicas,
    stopped,
    readiness,
    /** Which replicas are asked, in hundred calls of which none is under way at a time. */
    asked: () => [...new Set(Array.from({ length: 100 }, () => next().place.name))].sort(),
    hosts: () => [...new Set(Array.from({ length: 100 }, () => next().way.host))].sort(),
    of: (host: string): Replica<Way> => {
      for (;;) {
        const replica = next()
        if (replica.way.host === host) return replica
      }
    },
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
  }
}

it('asks the one with fewer calls under way', () => {
  const { next } = share(two)
  const calls = Array.from({ length: 10 }, () => {
    const replica = next()
    replica.inFlight += 1
    return replica
  })
  const [slow] = calls
  expect(calls.map(({ inFlight }) => inFlight)).toEqual(calls.map(() => 5))
  for (const replica of calls) if (replica !== slow) replica.inFlight -= 1
  for (let count = 0; count < 50; count += 1) expect(next()).not.toBe(slow)
})

it('gives another than the one that failed, if there is another', () => {
  const several = share(two)
  const one = several.next()
  for (let count = 0; count < 50; count += 1) expect(several.next(one)).not.toBe(one)
  expect(several.hasOther(one)).toBe(true)
  const single = share('http://10.0.0.1:4001/graphql')
  expect(single.next(single.next())).toBe(single.next())
  expect(single.hasOther(single.next())).toBe(false)
})

const reasons: readonly (readonly [
  string,
  (system: ReturnType<typeof share>, replica: Replica<Way>) => unknown,
])[] = [
  ['no connection can be made', ({ isUnreachable }, replica) => isUnreachable(replica)],
  [
    'three calls in a row failed',
    ({ failed }, replica) => {
      for (let count = 0; count < 3; count += 1) failed(replica)
    },
  ],
  [
    'it says that it is not ready',
    async ({ readiness, pass }) => {
      readiness.set('10.0.0.1', 'not ready')
      await pass(1_000)
      readiness.delete('10.0.0.1')
    },
  ],
  [
    'its clock is wrong',
    async ({ readiness, pass }) => {
      readiness.set('10.0.0.1', 'of another time')
      await pass(1_000)
      readiness.delete('10.0.0.1')
    },
  ],
  [
    'it does not say twice whether it is ready',
    async ({ readiness, pass, hosts }) => {
      readiness.set('10.0.0.1', 'silent')
      await pass(1_000)
      expect(hosts()).toHaveLength(2)
      await pass(1_000)
      readiness.delete('10.0.0.1')
    },
  ],
]

it.each(reasons)('asks others if %s, until it is ready', async (_, fail) => {
  const system = share(two)
  await fail(system, system.of('10.0.0.1'))
  expect(system.hosts()).toEqual(['10.0.0.2'])
  expect(system.count()).toEqual({ known: 2, out: 1 })
  await system.pass(1_000)
  expect(system.hosts()).toEqual(['10.0.0.1', '10.0.0.2'])
})

it('asks on one of which two calls failed with an answer between', () => {
  const { of, failed, hosts } = share(two)
  const replica = of('10.0.0.1')
  failed(replica)
  failed(replica)
  replica.failures = 0
  failed(replica)
  expect(hosts()).toHaveLength(2)
})

it('leaves one out for longer each time that it fails soon again', async () => {
  const { of, isUnreachable, hosts, pass } = share(two)
  const outages: number[] = []
  for (let time = 0; time < 5; time += 1) {
    isUnreachable(of('10.0.0.1'))
    let seconds = 0
    for (; hosts().length === 1; seconds += 1) await pass(1_000)
    outages.push(seconds)
  }
  expect(outages).toEqual([1, 1, 2, 4, 8])
})

it('asks all if all are out', () => {
  const { of, isUnreachable, hosts } = share(two)
  const [one, other] = [of('10.0.0.1'), of('10.0.0.2')]
  isUnreachable(one)
  isUnreachable(other)
  expect(hosts()).toEqual(['10.0.0.1', '10.0.0.2'])
})

it('never leaves out the only one', () => {
  const { next, isUnreachable, count } = share('http://10.0.0.1:4001/graphql')
  isUnreachable(next())
  expect(count()).toEqual({ known: 1, out: 0 })
})

const v4 = (...addresses: readonly string[]) => addresses.map(address => ({ address, family: 4 }))

it('follows the addresses of a name, and keeps the last ones while there is no answer', async () => {
  let answer: () => Promise<LookupAddress[]> = async () => v4('10.0.0.2', '10.0.0.1')
  const { asked, pass, stopped } = share('http://users:4001/graphql', { lookUp: () => answer() })
  expect(asked()).toEqual(['http://users:4001/graphql'])
  await pass(1)
  const at = (address: string) => `http://users:4001/graphql at ${address}`
  expect(asked()).toEqual([at('10.0.0.1'), at('10.0.0.2')])
  expect(stopped).toEqual(['http://users:4001/graphql'])
  answer = () => Promise.reject(new Error('no DNS'))
  await pass(5_000)
  expect(asked()).toEqual([at('10.0.0.1'), at('10.0.0.2')])
  let reply = (_: LookupAddress[]): void => undefined
  answer = () => new Promise(resolve => (reply = resolve))
  await pass(20_000)
  expect(asked()).toEqual([at('10.0.0.1'), at('10.0.0.2')])
  answer = async () => v4('10.0.0.3', '10.0.0.2')
  reply(v4('10.0.0.2'))
  await pass(1)
  expect(asked()).toEqual([at('10.0.0.2')])
  await pass(5_000)
  expect(asked()).toEqual([at('10.0.0.2'), at('10.0.0.3')])
  expect(stopped.slice(1)).toEqual([at('10.0.0.1')])
})

it('takes the addresses of the first family, or localhost for one replica with both', async () => {
  const v6 = { address: 'fd00::1', family: 6 }
  const several = share('http://users/graphql', { lookUp: async () => [...v4('10.0.0.1', '10.0.0.2'), v6] })
  await several.pass(1)
  expect(several.asked()).toHaveLength(2)
  const localhost = share('http://localhost/graphql', { lookUp: async () => [v6, ...v4('127.0.0.1')] })
  await localhost.pass(1)
  expect(localhost.asked()).toHaveLength(1)
  const found = vi.fn()
  localhost.next().place.lookup('localhost', { all: true }, found)
  expect(found).toHaveBeenCalledWith(null, [v6, ...v4('127.0.0.1')])
})
