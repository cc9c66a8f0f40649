import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { askUntilFinal, createGraphQLClient } from '../../testbed/graphql-client.ts'
import type { Random } from '../../testbed/random.ts'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import type { FaultSystem } from '../fault-system.ts'
import type { Shop } from '../shop/shop.ts'
import { openSubscriber, type Subscriber } from './subscriber.ts'

/** The customers at their screens, spread over both gateways. */
export type Audience = Running & {
  readonly subscribers: readonly Subscriber[]
  /** Compares what they have seen with what they should have seen; waits up to 30 s for what has not arrived yet. */
  readonly compare: () => Promise<Seen>
}

/** What the subscribers have received, and how that differs from what they should have received. */
export type Seen = {
  readonly received: number
  readonly lost: number
  readonly doubled: number
  /** Notifications of another user. */
  readonly misdirected: number
  readonly problems: readonly string[]
}

const gatewayProcesses = ['gateway-1', 'gateway-2'] as const
const opensAtOnce = 16
const shownProblems = 5

/** Opens this many subscriptions, for one customer after the other, and waits until all are connected. */
export const openAudience = (
  system: FaultSystem,
  {
    shop,
    random,
    count,
    endCodes,
  }: {
    readonly shop: Shop
    readonly random: Random
    readonly count: number
    readonly endCodes: readonly string[]
  },
): Promise<Audience> =>
  startAll(async use => {
    const gateways = gatewayProcesses.map(system.urlOf)
    const ids = shop.customers.flatMap(customer => (customer.kind === 'user' ? [customer.id] : []))
    const subscribers: Subscriber[] = []
    await inParallel(count, opensAtOnce, async index => {
      const userId = ids[index % ids.length] ?? ''
      const token = await system.accessToken(userId)
      const after = await newestCursor(gateways[index % gateways.length] ?? '', token)
      const own = random.fork(String(index))
      subscribers.push(use(openSubscriber({ userId, token, gateways, after, random: own, endCodes })))
    })
    await waitUntil('every subscriber is connected', async () =>
      subscribers.every(subscriber => subscriber.isConnected()),
    )
    const baselines = await readCounters(system, ids)
    return {
      subscribers,
      compare: async () => {
        const compareNow = async () => summarize(subscribers, await readNews(system, baselines))
        await waitUntil('everything is seen', async () => (await compareNow()).lost === 0, {
          pollMs: 200,
        }).catch(() => {})
        return compareNow()
      },
    }
  })

type News = ReadonlyMap<string, readonly string[]>

/** The numbers of users' newest notifications. */
const readCounters = async (
  { database }: FaultSystem,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await database.query<{ userId: string; last: number }>(
    'notifications',
    'select user_id as "userId", last_seq as last from user_counters where user_id = any($1)',
    [userIds],
  )
  return new Map(rows.map(({ userId, last }) => [userId, last]))
}

/** The ids of each user's notifications after these numbers, in order. */
const readNews = async ({ database }: FaultSystem, after: ReadonlyMap<string, number>): Promise<News> => {
  const rows = await database.query<{ id: string; userId: string }>(
    'notifications',
    `select notifications.id, notifications.user_id as "userId" from notifications
     join unnest($1::uuid[], $2::integer[]) as seen (user_id, last) using (user_id)
     where seq > last order by user_id, seq`,
    [[...after.keys()], [...after.values()]],
  )
  const news = Map.groupBy(rows, ({ userId }) => userId)
  return new Map([...news].map(([userId, own]) => [userId, own.map(({ id }) => id)]))
}

const summarize = (subscribers: readonly Subscriber[], news: News): Seen => {
  const each = subscribers.map(subscriber => compare(subscriber, news.get(subscriber.userId) ?? []))
  const sum = (of: (seen: Seen) => number) => each.reduce((total, seen) => total + of(seen), 0)
  return {
    received: sum(seen => seen.received),
    lost: sum(seen => seen.lost),
    doubled: sum(seen => seen.doubled),
    misdirected: sum(seen => seen.misdirected),
    problems: [...new Set(each.flatMap(({ problems }) => problems))].slice(0, shownProblems),
  }
}

const compare = ({ userId, received, complaints }: Subscriber, expected: readonly string[]): Seen => {
  const seen = new Set(received)
  const own = new Set(expected)
  const lost = expected.filter(id => !seen.has(id)).length
  const doubled = received.length - seen.size
  const misdirected = [...seen].filter(id => !own.has(id)).length
  const isInOrder = expected.every((id, index) => received[index] === id)
  return {
    received: received.length,
    lost,
    doubled,
    misdirected,
    problems: [
      ...complaints,
      ...(lost + doubled + misdirected > 0
        ? [`user ${userId}: ${lost} not seen, ${doubled} seen twice, ${misdirected} of somebody else`]
        : []),
      ...(lost + doubled + misdirected === 0 && !isInOrder ? [`user ${userId}: seen out of order`] : []),
    ],
  }
}

/** n.b. Every customer has a welcome notification. */
const newestCursor = async (gateway: string, accessToken: string): Promise<string> => {
  const query = '{ me { notifications(first: 1) { edges { cursor } } } }'
  const response = await askUntilFinal(createGraphQLClient(gateway, accessToken).ask, query)
  const cursor: unknown = response.data?.me?.notifications?.edges[0]?.cursor
  if (typeof cursor === 'string') return cursor
  throw new Error(`no notification to begin with: ${JSON.stringify(response)}`)
}
