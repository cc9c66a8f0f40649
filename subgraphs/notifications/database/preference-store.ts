import { affected, rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
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

const preference = z.object({
  userId: z.string(),
  channel: z.enum(notificationChannels),
  enabled: z.boolean(),
})
