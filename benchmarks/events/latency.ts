import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { startRelay } from '@supergraph/messaging/outbox/relay.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserRegistered } from '@supergraph/schema/events/users.ts'
import { openSocketClient } from '../../testbed/graphql-client.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import type { EventSystem, Sockets } from './event-system.ts'
import { atRate } from './pace.ts'

/** The results for one rate of events. */
export type Latencies = {
  /** Milliseconds from each commit to the message at the socket. */
  readonly ms: readonly number[]
  /** The number of events that arrived per second. */
  readonly perSecond: number
}

/** Subscribers who are told of events that this process commits. */
type Latency = Running & { readonly measure: (perSecond: number, count: number) => Promise<Latencies> }

const users = 100
const subscription = 'subscription { notificationAdded { notification { title } } }'
const logger = { info: () => {}, warn: () => {}, error: () => {} }

/** Starts a relay, and a subscriber for each of 100 users. */
export const startLatency = (system: EventSystem, sockets: Sockets): Promise<Latency> =>
  startAll(async use => {
    const { publisher, transport } = system
    use(await startRelay({ ...publisher, transport, logger }))
    const arrivedAt = new Map<string, number>()
    const committedAt = new Map<string, number>()
    const userIds = Array.from({ length: users }, () => uuidv7())

    /** n.b. the number of the event is the user's name, and the title of the welcome notification ends with it. */
    const commit = async (names: readonly string[]): Promise<void> => {
      const events = names.map(name => {
        const userId = userIds[Number(name) % users] ?? ''
        const about = { id: uuidv7(), subject: userId, version: 1, occurredAt: new Date() }
        return UserRegistered.create({ ...about, data: { userId, name } })
      })
      await publisher.database.transaction(manager => appendToOutbox(manager, events))
      const at = performance.now()
      for (const name of names) committedAt.set(name, at)
    }
    const arrived = (title: string) => void arrivedAt.set(title.split(' ').at(-1) ?? '', performance.now())
    for (const userId of userIds) {
      const { client } = openSocketClient(sockets.url, await sockets.accessToken(userId))
      use({ stop: async () => void (await client.dispose()) })
      client.subscribe<{ readonly notificationAdded: { readonly notification: { readonly title: string } } }>(
        { query: subscription },
        {
          next: ({ data }) => data && arrived(data.notificationAdded.notification.title),
          error: error => {
            throw new Error('a subscription of the benchmark ended', { cause: error })
          },
          complete: () => {},
        },
      )
    }
    let next = 0
    const take = (count: number): readonly string[] => {
      next += count
      return Array.from({ length: count }, (_, index) => String(next - count + index))
    }
    const untilArrived = (names: readonly string[]) =>
      waitUntil('all events have arrived', async () => names.every(name => arrivedAt.has(name)), {
        timeoutMs: 60_000,
      })
    // n.b. a subscription hears what is committed after it began: until an event of each has come, it may not have
    await waitUntil('every subscriber hears', async () => {
      const names = take(users)
      await commit(names)
      await waitUntil('this round has come', async () => names.every(name => arrivedAt.has(name)), {
        timeoutMs: 2_000,
      })
      return true
    })

    return {
      measure: async (perSecond, count) => {
        const names = take(count)
        const startedAt = performance.now()
        await atRate(perSecond, count, numbers => commit(numbers.map(number => names[number] ?? '')))
        await untilArrived(names)
        const lastAt = Math.max(...names.map(name => arrivedAt.get(name) ?? 0))
        return {
          // n.b. the message may arrive before the answer to the commit
          ms: names.map(name => Math.max(0, (arrivedAt.get(name) ?? 0) - (committedAt.get(name) ?? 0))),
          perSecond: (count / (lastAt - startedAt)) * 1_000,
        }
      },
    }
  })
