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

/** Those of the users who don't want to be told through a channel; their ids are in lower case. */
export const disabledFor = async (
  manager: EntityManager,
  userIds: readonly string[],
  channel: NotificationChannel,
): Promise<ReadonlySet<string>> => {
  const disabled = await rows(
    manager,
    z.object({ userId: z.string() }),
    `select user_id as "userId" from preferences
     where user_id = any ($1::uuid[]) and channel = $2 and not enabled`,
    [userIds, channel],
  )
  return new Set(disabled.map(({ userId }) => userId))
}

/** Records that users got no notification of events, because they have switched notifications off. */
export const withholdNotifications = async (
  manager: EntityManager,
  notifications: readonly NewNotification[],
): Promise<void> => {
  if (notifications.length === 0) return
  await affected(
    manager,
    `insert into withheld_notifications (event_id, user_id, kind, order_id, created_at)
     select "eventId", "userId", kind, "orderId", "createdAt"
     from jsonb_to_recordset($1::jsonb)
       as given ("eventId" uuid, "userId" uuid, kind text, "orderId" uuid, "createdAt" timestamptz)
     on conflict do nothing`,
    [JSON.stringify(notifications)],
  )
}

const preference = z.object({
  userId: z.string(),
  channel: z.enum(notificationChannels),
  enabled: z.boolean(),
})
