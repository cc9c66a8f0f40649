import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import type { NewNotification } from '../domain/notification.ts'
import { type NotificationChannel, notificationChannels } from '../domain/preference.ts'

/** Whether users want to be told through a channel. */
export type PreferenceStore = ReturnType<typeof createPreferenceStore>

export const createPreferenceStore = (database: DataSource) => ({
  /** The preferences of each user, one for each channel. */
  of: (userIds: readonly string[]) =>
    rows(
      database,
      preference,
      `select wanted.user_id as "userId", wanted.channel, coalesce(enabled, true) as enabled
       from (select user_id, channel from unnest($1::uuid[]) as users (user_id)
             cross join unnest($2::text[]) as channels (channel)) as wanted
       left join preferences using (user_id, channel)
       order by wanted.user_id, array_position($2::text[], wanted.channel)`,
      [userIds, notificationChannels],
    ),

  /** Switches a channel on or off for a user. */
  update: async (userId: string, channel: NotificationChannel, enabled: boolean): Promise<void> => {
    await affected(
      database,
      `insert into preferences (user_id, channel, enabled) values ($1, $2, $3)
       on conflict (user_id, channel) do update set enabled = excluded.enabled`,
      [userId, channel, enabled],
    )
  },
})

/** Whether a user wants to be told through a channel. */
export const isEnabled = async (
  manager: EntityManager,
  userId: string,
  channel: NotificationChannel,
): Promise<boolean> => {
  const disabled = await rows(
    manager,
    z.object({}),
    'select from preferences where user_id = $1 and channel = $2 and not enabled',
    [userId, channel],
  )
  return disabled.length === 0
}

/** Records that a user got no notification of an event, because the user has switched notifications off. */
export const withholdNotification = async (
  manager: EntityManager,
  { eventId, userId, kind, orderId, createdAt }: NewNotification,
): Promise<void> => {
  await affected(
    manager,
    `insert into withheld_notifications (event_id, user_id, kind, order_id, created_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [eventId, userId, kind, orderId, createdAt],
  )
}

const preference = z.object({
  userId: z.string(),
  channel: z.enum(notificationChannels),
  enabled: z.boolean(),
})
