import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { NewNotification } from '../domain/notification.ts'
import { announcing } from './announcements.ts'
import { byPlace } from './by-place.ts'
import { isDeleted } from './is-deleted.ts'
import { type NotificationRow, notificationRow } from './tables.ts'

/** Which part of a user's list: at most `limit` rows, and only those before the number `before` if it is given. */
export type NotificationPage = {
  readonly limit: number
  readonly before: number | null
  readonly unreadOnly: boolean
}

/** How far a reader of a user's notifications has come: past the number `seq`. */
export type NotificationPosition = { readonly userId: string; readonly seq: number }

/** Reads notifications, and marks them as read. */
export type NotificationStore = ReturnType<typeof createNotificationStore>

/** How many rows `since` returns at most: fewer means that there are no more. */
export const notificationsPerRead = 100

export const createNotificationStore = (database: DataSource) => ({
  byIds: (ids: readonly string[]) =>
    rows(database, notificationRow, `select ${columns} from notifications where id = any ($1::uuid[])`, [
      ids,
    ]),

  /** The number of the user's newest notification; 0 if there is none. */
  lastSeq: async (userId: string): Promise<number> => {
    const sql = 'select last_seq as last from user_counters where user_id = $1'
    return (await row(database, counter, sql, [userId]))?.last ?? 0
  },

  /** For each position, the user's notifications after it, oldest first, at most 100. */
  since: async (
    positions: readonly NotificationPosition[],
  ): Promise<readonly (readonly NotificationRow[])[]> => {
    const found = await rows(
      database,
      placedRow,
      `select place::integer, found.*
       from unnest($1::uuid[], $2::integer[]) with ordinality as position (user_id, seq, place)
       cross join lateral (
         select ${columns} from notifications
         where notifications.user_id = position.user_id and notifications.seq > position.seq
         order by seq limit $3) as found
       order by place, found.seq`,
      [positions.map(({ userId }) => userId), positions.map(({ seq }) => seq), notificationsPerRead],
    )
    return byPlace(found, positions.length)
  },

  /** One page for each of the users, newest first. */
  pages: ({ limit, before, unreadOnly }: NotificationPage, userIds: readonly string[]) =>
    rows(
      database,
      notificationRow,
      `select page.* from unnest($1::uuid[]) as wanted (user_id)
       cross join lateral (
         select ${columns} from notifications
         where notifications.user_id = wanted.user_id
           and ${before === null ? '$2::integer is null' : 'seq < $2'}
           ${unreadOnly ? 'and read_at is null' : ''}
         order by seq desc limit $3
       ) as page
       order by page."userId", page.seq desc`,
      [userIds, before, limit],
    ),

  /** How many unread notifications each of the users has; users without any are left out. */
  unreadCounts: (userIds: readonly string[]) =>
    rows(
      database,
      unreadCount,
      `select user_id as "userId", count(*)::integer as unread from notifications
       where user_id = any ($1::uuid[]) and read_at is null
       group by user_id`,
      [userIds],
    ),

  /** Marks as read the notifications that are the user's, and returns them, newest first; a first `readAt` stays. */
  markRead: async (userId: string, ids: readonly string[]): Promise<readonly NotificationRow[]> => {
    // n.b. the rows are locked in one order, so that two overlapping calls can't deadlock
    const marked = await rows(
      database,
      notificationRow,
      `with own as (
         select id from notifications where user_id = $1 and id = any ($2::uuid[])
         order by id for no key update
       )
       update notifications set read_at = coalesce(notifications.read_at, now())
       from own where notifications.id = own.id
       returning ${columns}`,
      [userId, ids],
    )
    return marked.toSorted((a, b) => b.seq - a.seq)
  },
})

/**
 * Stores notifications, in order, under their users' next numbers and wakes the users' subscribers, whom it tells the
 * `traceparent` of what they are about; once per event and user. Those of users who have switched notifications off are
 * kept as withheld. The counters of the users stay locked until the commit, so that numbers become visible in their order
 * and without a gap.
 */
export const addNotifications = async (
  manager: EntityManager,
  notifications: readonly (NewNotification & { readonly traceparent?: string | undefined })[],
): Promise<void> => {
  // n.b. the counters are locked in the order of the users, against deadlocks
  await affected(
    manager,
    `with given as (
       select told.*, preferences.enabled is not false as wanted
       from jsonb_to_recordset($1::jsonb) as told (
         id uuid, position integer, "userId" uuid, "eventId" uuid, kind text, title text, body text,
         "orderId" uuid, "createdAt" timestamptz, traceparent text)
       left join preferences on preferences.user_id = told."userId" and channel = 'IN_APP'
       where not exists (
         select from notifications
         where notifications.event_id = "eventId" and notifications.user_id = "userId")
         and not ${isDeleted('told."userId"')}),
     withheld as (
       insert into withheld_notifications (event_id, user_id, kind, order_id, created_at)
       select "eventId", "userId", kind, "orderId", "createdAt" from given where not wanted
       on conflict do nothing),
     numbered as (
       select *, row_number() over (partition by "userId" order by position) as place from given where wanted),
     counted as (
       insert into user_counters as kept (user_id, last_seq)
       select "userId", count(*) from numbered group by "userId" order by "userId"
       on conflict (user_id) do update set last_seq = kept.last_seq + excluded.last_seq
       returning user_id, last_seq),
     firsts as (
       select user_id, last_seq - (select count(*) from numbered where "userId" = user_id) as before
       from counted),
     added as (
       insert into notifications (id, user_id, seq, event_id, kind, title, body, order_id, created_at)
       select id, "userId", before + place, "eventId", kind, title, body, "orderId", "createdAt"
       from numbered join firsts on user_id = "userId"
       returning user_id, seq, id)
     select ${announcing('user', 'user_id', { row: 'seq', traceparent: 'traceparent' })}
     from added join given using (id) order by seq`,
    [
      JSON.stringify(
        notifications.map((notification, position) => ({ ...notification, id: uuidv7(), position })),
      ),
    ],
  )
}

const counter = z.object({ last: z.int() })

const placedRow = notificationRow.extend({ place: z.int() })

const unreadCount = z.object({ userId: z.string(), unread: z.int() })

const columns = `notifications.id, notifications.user_id as "userId", notifications.seq,
  notifications.event_id as "eventId", notifications.kind, notifications.title, notifications.body,
  notifications.order_id as "orderId", notifications.read_at as "readAt", notifications.created_at as "createdAt"`
