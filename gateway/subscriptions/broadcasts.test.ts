import type { Viewer } from '@supergraph/runtime/identity.ts'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { Gone } from '../subgraphs/departure.ts'
import type { UpstreamSubscription } from '../subgraphs/upstream.ts'
import { type BroadcastEvent, createBroadcasts } from './broadcasts.ts'
import type { EventOperation } from './event-operation.ts'

const ada: Viewer = { kind: 'user', id: 'ada', scopes: [], sessionId: 's' }

const operation = (beginsWithState: boolean): EventOperation => ({
  serviceName: 'orders',
  operationName: undefined,
  variableUsages: ['after'],
  query: 'first',
  stateKey: undefined,
  resumable: {
    rootKey: 'changed',
    cursorKey: 'cursor_',
    query: 'resumed',
    variable: 'after_',
    argumentType: 'Int',
    variableUsages: [],
    givenIn: 'after',
    startIn: ({ after }) => after,
    beginsWithState,
  },
})
const unmarked: EventOperation = { ...operation(false), resumable: undefined }

/** A subgraph with a log of numbered changes, which sends a subscription its next one when it is told to. */
const createLog = () => {
  const running = new Map<UpstreamSubscription, number>()
  let started = 0
  let last = 0
  /** False if the subscription has all changes, or has ended. */
  const sendNext = (subscription: UpstreamSubscription): boolean => {
    const sent = running.get(subscription)
    if (sent === undefined || sent >= last) return false
    running.set(subscription, sent + 1)
    subscription.next({ data: { changed: { n: sent + 1, cursor_: sent + 1 } } })
    return true
  }
  return {
    upstream: {
      url: 'http://orders.test/graphql',
      count: () => 0,
      subscribe: (subscription: UpstreamSubscription) => {
        const { after } = subscription.first.variables ?? {}
        running.set(subscription, typeof after === 'number' ? after : Math.max(0, last - 1))
        started += 1
        return { stop: () => void running.delete(subscription) }
      },
      stop: async () => undefined,
    },
    started: () => started,
    running: () => running.size,
    change: () => {
      last += 1
    },
    /** Sends one of the subscriptions its next change. */
    send: (index: number): void => {
      const subscriptions = [...running.keys()]
      const subscription = subscriptions[index % Math.max(1, subscriptions.length)]
      if (subscription !== undefined) sendNext(subscription)
    },
    sendAll: (): void => {
      while ([...running.keys()].some(sendNext));
    },
    fail: (error: Error) => {
      for (const subscription of [...running.keys()]) {
        running.delete(subscription)
        subscription.end(error)
      }
    },
  }
}

const numberIn = ({ data }: SubgraphAnswer): number => Number(Object(data?.changed).n)

const start = (of = operation(true)) => {
  const log = createLog()
  const { join } = createBroadcasts<string>()
  return {
    ...log,
    join: (after?: number, key = 'subject') => {
      const events: BroadcastEvent<string>[] = []
      const ends: unknown[] = []
      const subject = { key, upstream: log.upstream, operation: of, values: { after } }
      const member = join(subject, ada, {
        viewer: () => ada,
        push: event => events.push(event),
        end: error => ends.push(error),
      })
      return {
        events,
        ends,
        leave: () => member.leave(),
        numbers: () => events.map(({ answer }) => numberIn(answer)),
      }
    },
  }
}

it('shares a subscription with who joins before its first event, and ends it with the last who leaves', () => {
  const { join, running, started, change, sendAll } = start(unmarked)
  const [one, other] = [join(), join()]
  const stranger = join(undefined, 'another subject')
  expect(running()).toBe(2)
  change()
  sendAll()
  expect([one.numbers(), other.numbers(), stranger.numbers()]).toEqual([[1], [1], [1]])
  const late = join()
  expect(started()).toBe(3)
  one.leave()
  expect(running()).toBe(3)
  other.leave()
  expect(running()).toBe(2)
  late.leave()
  stranger.leave()
  expect(running()).toBe(0)
})

it('lets who joins late have the state first, and share from then on', () => {
  const { join, running, change, sendAll } = start()
  change()
  change()
  const early = join()
  sendAll()
  const late = join()
  expect(running()).toBe(2)
  sendAll()
  expect([early.numbers(), late.numbers(), running()]).toEqual([[2], [2], 1])
  change()
  sendAll()
  expect([early.numbers(), late.numbers()]).toEqual([
    [2, 3],
    [2, 3],
  ])
})

it('starts nothing for who goes on from where a broadcast stands', () => {
  const { join, started, change, sendAll } = start()
  change()
  const one = join()
  sendAll()
  const other = join(1)
  expect(started()).toBe(1)
  change()
  sendAll()
  expect([one.numbers(), other.numbers()]).toEqual([[1, 2], [2]])
})

it('lets nobody join where an event has no cursor, since who begins there has yet to hear it', () => {
  const { join, started, upstream, change, sendAll } = start()
  const subscribe = vi.spyOn(upstream, 'subscribe')
  change()
  const one = join()
  sendAll()
  subscribe.mock.calls[0]?.[0].next({ data: null, errors: [{ message: 'It could not be read.' }] })
  const other = join(1)
  expect([started(), one.events.length]).toEqual([2, 2])
  change()
  sendAll()
  expect(other.numbers()).toEqual([2])
})

it('completes an event once for all, and gives that up when the last of them leaves', async () => {
  const { join, change, sendAll } = start()
  change()
  const [one, other] = [join(), join()]
  sendAll()
  let completions = 0
  let departure: Gone | undefined
  const { promise: completed, resolve } = Promise.withResolvers<string>()
  const complete = ({ gone, isShared }: { readonly gone: Gone; readonly isShared: boolean }) => {
    completions += 1
    departure = gone
    expect(isShared).toBe(true)
    return completed
  }
  const texts = [one, other].map(({ events }) => events[0]?.completeOnce('key', complete))
  one.leave()
  expect(departure?.aborted).toBe(false)
  other.leave()
  expect(departure?.aborted).toBe(true)
  resolve('text')
  expect([await Promise.all(texts), completions]).toEqual([['text', 'text'], 1])
})

it('completes an event once for each key that its listeners have by now', async () => {
  const { join, change, sendAll } = start()
  change()
  const listeners = [join(), join(), join()]
  sendAll()
  const keys = ['old', 'new', 'old']
  const texts = listeners.map(({ events }, index) => {
    const text = `${keys[index]} ${index}`
    return events[0]?.completeOnce(keys[index] ?? '', async () => text)
  })
  expect(await Promise.all(texts)).toEqual(['old 0', 'new 1', 'old 0'])
})

it('gives an event of a broadcast that was taken over up when the last listener leaves, and not before', async () => {
  const { join, change, send, sendAll } = start()
  for (let time = 0; time < 3; time += 1) change()
  const [ahead, behind] = [join(), join(0)]
  sendAll()
  send(0)
  const departures: Gone[] = []
  const { promise: completed, resolve } = Promise.withResolvers<string>()
  const complete = ({ gone }: { readonly gone: Gone }) => {
    departures.push(gone)
    return completed
  }
  for (const { completeOnce } of behind.events) void completeOnce('key', complete)
  expect(departures.length).toBeGreaterThan(0)
  ahead.leave()
  expect(departures.map(({ aborted }) => aborted)).not.toContain(true)
  behind.leave()
  expect(departures.map(({ aborted }) => aborted)).not.toContain(false)
  resolve('text')
})

const ofStates: EventOperation = {
  ...unmarked,
  stateKey: { rootKey: 'stock', key: 'state_', path: ['id'] },
}

/** A subgraph that tells the stock of things, and the subscription to it that a gateway holds. */
const startStates = () => {
  const running: UpstreamSubscription[] = []
  const upstream = {
    url: 'http://products.test/graphql',
    count: () => 0,
    subscribe: (subscription: UpstreamSubscription) => {
      running.push(subscription)
      return { stop: () => void running.splice(running.indexOf(subscription), 1) }
    },
    stop: async () => undefined,
  }
  const { join } = createBroadcasts<string>()
  return {
    running,
    tell: (id: string, units: number) => running[0]?.next({ data: { stock: { units, state_: { id } } } }),
    join: () => {
      const events: BroadcastEvent<string>[] = []
      const subject = { key: 'subject', upstream, operation: ofStates, values: {} }
      const member = join(subject, ada, {
        viewer: () => ada,
        push: event => events.push(event),
        end: () => undefined,
      })
      return {
        leave: () => member.leave(),
        events,
        units: () => events.map(({ answer }) => Object(answer.data?.stock).units),
      }
    },
  }
}

it('gives who joins late the newest state of each thing, completed anew, and shares what follows', async () => {
  const { join, tell, running } = startStates()
  const early = join()
  tell('mug', 1)
  tell('cup', 5)
  tell('mug', 2)
  const late = join()
  expect([running.length, late.units()]).toEqual([1, [5, 2]])
  tell('cup', 6)
  expect([early.units(), late.units()]).toEqual([
    [1, 5, 2, 6],
    [5, 2, 6],
  ])
  let completions = 0
  const complete = async () => {
    completions += 1
    return 'text'
  }
  for (const { events } of [early, late])
    for (const { completeOnce } of events) await completeOnce('key', complete)
  expect(completions).toBe(6)
  early.leave()
  expect(running.length).toBe(1)
  late.leave()
  expect(running.length).toBe(0)
})

it('passes over the states that come again because the subscription was started again', () => {
  const { join, tell, running } = startStates()
  const { units } = join()
  tell('mug', 1)
  tell('cup', 5)
  expect(running[0]?.resume()).toEqual(running[0]?.first)
  tell('mug', 1)
  tell('cup', 4)
  tell('mug', 1)
  expect(units()).toEqual([1, 5, 4, 1])
})

it('shares and resumes no more once there are too many things to know the states of all', () => {
  const { join, tell, running } = startStates()
  join()
  for (let id = 0; id <= 100; id += 1) tell(`${id}`, id)
  expect(running[0]?.resume()).toBeUndefined()
  expect(join().units()).toEqual([])
  expect(running.length).toBe(2)
})

it('tells all of the end, and begins anew afterwards', () => {
  const { join, started, fail } = start()
  const [one, other] = [join(), join()]
  fail(new Error('gone'))
  expect([one.ends, other.ends]).toEqual([[new Error('gone')], [new Error('gone')]])
  one.leave()
  join()
  expect(started()).toBe(2)
})

it('gives everyone exactly what follows their cursor, however broadcasts meet', () => {
  const step = fc.oneof(
    fc.constant({ kind: 'change' } as const),
    fc.record({ kind: fc.constant('join' as const), after: fc.option(fc.nat(12), { nil: undefined }) }),
    fc.record({ kind: fc.constant('send' as const), index: fc.nat(5) }),
    fc.record({ kind: fc.constant('leave' as const), index: fc.nat(5) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const { join, change, send, sendAll, running } = start()
      const members: (ReturnType<typeof join> & { readonly first: number | undefined })[] = []
      let last = 0
      for (const step of steps) {
        if (step.kind === 'change') {
          change()
          last += 1
        } else if (step.kind === 'join') {
          const after = step.after === undefined ? undefined : Math.min(step.after, last)
          members.push({ ...join(after), first: after === undefined ? undefined : after + 1 })
        } else if (step.kind === 'send') send(step.index)
        else members.splice(step.index, 1).forEach(({ leave }) => void leave())
      }
      sendAll()
      for (const { first, numbers } of members) {
        const from = first ?? numbers()[0] ?? last + 1
        expect(numbers()).toEqual(Array.from({ length: last + 1 - from }, (_, index) => from + index))
      }
      const starts = new Set(members.map(({ first }) => first))
      expect(running()).toBeLessThanOrEqual(last === 0 ? starts.size : 1)
      for (const { leave } of members) leave()
      expect(running()).toBe(0)
    }),
  )
})
