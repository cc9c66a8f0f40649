import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { type DataSource, type EntityManager, In, MoreThan } from 'typeorm'
import type { NewNotification } from '../domain/notification.ts'
import { announce, topicOf } from './announcements.ts'
import { type NotificationRow, notificationTable } from './tables.ts'

/** Which part of a user's list: at most `limit` rows, those before the number `before` where it is given. */
export type NotificationPage = {
  readonly limit: number
  readonly before: number | null
  readonly unreadOnly: boolean
}

/** Reads notifications, and marks them as read. */
export type NotificationStore = ReturnType<typeof createNotificationStore>

/** How many rows `since` gives at most: fewer means that there are no more. */
export const notificationsPerRead = 100

const columns = `notifications.id, notifications.user_id as "userId", notifications.seq,
  notifications.event_id as "eventId", notifications.kind, notifications.title, notifications.body,
  notifications.order_id as "orderId", notifications.read_at as "readAt", notifications.created_at as "createdAt"`

export const createNotificationStore = (dataSource: DataSource) => {
  const notifications = dataSource.getRepository(notificationTable)
  return {
    byIds: (ids: readonly string[]): Promise<readonly NotificationRow[]> =>
      notifications.findBy({ id: In([...ids]) }),

    /** The number of the user's newest notification; 0 where there is none. */
    lastSeq: async (userId: string): Promise<number> => {
      const [counter]: readonly { readonly last: number }[] = await dataSource.query(
        'select last_seq as last from user_counters where user_id = $1',
        [userId],
      )
      return counter?.last ?? 0
    },

    /** The user's notifications after the number `seq`, oldest first, at most 100. */
    since: (userId: string, seq: number): Promise<readonly NotificationRow[]> =>
      notifications.find({
        where: { userId, seq: MoreThan(seq) },
        order: { seq: 'ASC' },
        take: notificationsPerRead,
      }),

    /** One page for each of the users, newest first. */
    pages: (
      { limit, before, unreadOnly }: NotificationPage,
      userIds: readonly string[],
    ): Promise<readonly NotificationRow[]> =>
      dataSource.query(
        `select page.* from unnest($1::uuid[]) as wanted (user_id)
         cross join lateral (
           select ${columns} from notifications
           where notifications.user_id = wanted.user_id
             and ($2::integer is null or seq < $2)
             ${unreadOnly ? 'and read_at is null' : ''}
           order by seq desc limit $3
         ) as page
         order by page."userId", page.seq desc`,
        [userIds, before, limit],
      ),

    /** How many unread notifications each of the users has; users without any are left out. */
    unreadCounts: (
      userIds: readonly string[],
    ): Promise<readonly { readonly userId: string; readonly unread: number }[]> =>
      dataSource.query(
        `select user_id as "userId", count(*)::integer as unread from notifications
         where user_id = any ($1::uuid[]) and read_at is null
         group by user_id`,
        [userIds],
      ),

    /** Marks those of the ids that are the user's as read and returns them, newest first; what was read stays so. */
    markRead: async (userId: string, ids: readonly string[]): Promise<readonly NotificationRow[]> => {
      // n.b. locked in one order, so that two overlapping calls can't deadlock; TypeORM answers an UPDATE with [rows, number]
      const [rows]: readonly [readonly NotificationRow[], number] = await dataSource.query(
        `with own as (
           select id from notifications where user_id = $1 and id = any ($2::uuid[])
           order by id for no key update
         )
         update notifications set read_at = coalesce(notifications.read_at, now())
         from own where notifications.id = own.id
         returning ${columns}`,
        [userId, ids],
      )
      return rows.toSorted((a, b) => b.seq - a.seq)
    },
  }
}

/** Stores a notification under the user's next number and wakes the user's subscribers; once per event and user. */
export const addNotification = async (
  manager: EntityManager,
  notification: NewNotification,
): Promise<void> => {
  const { userId, eventId, kind, title, body, orderId, createdAt } = notification
  // n.b. locks the counter until the commit, new or not: numbers become visible in their order, and none is left out
  const [counter]: readonly { readonly last: number }[] = await manager.query(
    `insert into user_counters (user_id, last_seq) values ($1, 0)
     on conflict (user_id) do update set last_seq = user_counters.last_seq
     returning last_seq as last`,
    [userId],
  )
  const seq = (counter?.last ?? 0) + 1
  const inserted: readonly unknown[] = await manager.query(
    `insert into notifications (id, user_id, seq, event_id, kind, title, body, order_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (event_id, user_id) do nothing
     returning seq`,
    [uuidv7(), userId, seq, eventId, kind, title, body, orderId, createdAt],
  )
  if (inserted.length === 0) return
  await manager.query('update user_counters set last_seq = $2 where user_id = $1', [userId, seq])
  await announce(manager, topicOf('user', userId))
}
