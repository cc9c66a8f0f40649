import { z } from 'zod'
import type { Databases } from './databases.ts'
import { countRows, idPages, type Subject } from './subject.ts'
import { type Violation, violation } from './violations.ts'

/** Checks how the notifications of each user are numbered. */
export const inboxesOf = ({ notifications }: Databases): Subject => ({
  count: () => countRows(notifications, 'user_counters'),
  pages: () =>
    idPages(
      notifications,
      'select user_id as id from user_counters where user_id > $1 order by user_id limit $2',
    ),
  check: async ids =>
    (await notifications.rows(inbox, inboxQuery, [ids])).map(found => ({
      id: found.userId,
      violations: checkInbox(found),
      totals: { notifications: found.count },
    })),
})

/** A user's notifications are numbered without gaps. n.b. not from 1, because the first ones may have been pruned. */
export const checkInbox = ({
  userId,
  lastSeq,
  count,
  lowestSeq,
  highestSeq,
}: Inbox): readonly Violation[] => {
  if (count === 0 || (highestSeq === lastSeq && count === highestSeq - lowestSeq + 1)) return []
  const detail = `${count} notifications from number ${lowestSeq} to ${highestSeq}, the counter says ${lastSeq}`
  return [violation('notification-gap', userId, detail)]
}

type Inbox = z.output<typeof inbox>

const inbox = z.object({
  userId: z.string(),
  lastSeq: z.number(),
  count: z.number(),
  lowestSeq: z.number(),
  highestSeq: z.number(),
})

const inboxQuery = `
  select user_id as "userId", last_seq as "lastSeq", told.count, told.lowest as "lowestSeq",
    told.highest as "highestSeq"
  from user_counters
  cross join lateral (
    select count(*)::integer as count, coalesce(min(seq), 0) as lowest, coalesce(max(seq), 0) as highest
    from notifications where user_id = user_counters.user_id
  ) as told
  where user_id = any ($1::uuid[])`
