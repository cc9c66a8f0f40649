import type { DataSource, EntityManager } from 'typeorm'
import type { NewNotification } from '../domain/notification.ts'
import type { NotificationChannel } from '../generated/resolvers.ts'
import type { PreferenceRow } from './tables.ts'

/** The ways in which users want to be told; each is on until it is switched off. */
export type PreferenceStore = ReturnType<typeof createPreferenceStore>

export const createPreferenceStore = (dataSource: DataSource) => ({
  /** What each of the users has switched on or off, both ways for each. */
  of: (userIds: readonly string[]): Promise<readonly PreferenceRow[]> =>
    dataSource.query(
      `select wanted.user_id as "userId", wanted.channel, coalesce(enabled, true) as enabled
       from (select user_id, channel from unnest($1::uuid[]) as users (user_id)
             cross join unnest($2::text[]) as channels (channel)) as wanted
       left join preferences using (user_id, channel)
       order by wanted.user_id, array_position($2::text[], wanted.channel)`,
      [userIds, channels],
    ),

  /** Switches one way on or off for a user. */
  update: async (userId: string, channel: NotificationChannel, enabled: boolean): Promise<void> => {
    await dataSource.query(
      `insert into preferences (user_id, channel, enabled) values ($1, $2, $3)
       on conflict (user_id, channel) do update set enabled = excluded.enabled`,
      [userId, channel, enabled],
    )
  },
})

/** Whether a user wants to be told in this way. */
export const isEnabled = async (
  manager: EntityManager,
  userId: string,
  channel: NotificationChannel,
): Promise<boolean> => {
  const disabled: readonly unknown[] = await manager.query(
    'select from preferences where user_id = $1 and channel = $2 and not enabled',
    [userId, channel],
  )
  return disabled.length === 0
}

/** Records that a user was not told of an event in the app, as they wish. */
export const withhold = async (
  manager: EntityManager,
  { eventId, userId, kind, orderId, createdAt }: NewNotification,
): Promise<void> => {
  await manager.query(
    `insert into withheld_notifications (event_id, user_id, kind, order_id, created_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [eventId, userId, kind, orderId, createdAt],
  )
}

const channels: readonly NotificationChannel[] = ['IN_APP', 'EMAIL']
