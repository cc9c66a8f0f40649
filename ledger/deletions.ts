import { z } from 'zod'
import type { Databases } from './databases.ts'
import { countRows, idPages, type Subject } from './subject.ts'
import { type Violation, violation } from './violations.ts'

/** Checks that every service has forgotten whoever's account was deleted. */
export const deletionsOf = (databases: Databases): Subject => ({
  count: () => countRows(databases.users, 'account_deletions'),
  pages: () =>
    idPages(
      databases.users,
      `select user_id as id from account_deletions
       where user_id > $1 and carried_out_at is not null order by user_id limit $2`,
    ),
  check: async ids =>
    (await readDeletions(databases, ids)).map(deletion => ({
      id: deletion.id,
      violations: checkDeletion(deletion),
      totals: {},
    })),
})

/** What is left of somebody whose account was deleted. */
export type Deletion = {
  readonly id: string
  /** The services that have said that they have forgotten the person. */
  readonly confirmedBy: readonly string[]
  /** Where something of the person is left. */
  readonly leftIn: readonly string[]
  /** Where something needs an address still: an order that is under way, or the last e-mail. */
  readonly waitingIn: readonly string[]
}

const services = ['orders', 'notifications'] as const

/** Nothing of a deleted person is left, and every service has said so, unless something needs their address still. */
export const checkDeletion = ({ id, confirmedBy, leftIn, waitingIn }: Deletion): readonly Violation[] => [
  ...leftIn.map(where => violation('deletion-undone', id, `something of the person is left in ${where}`)),
  ...services
    .filter(service => !confirmedBy.includes(service) && !waitingIn.includes(service))
    .map(service =>
      violation('deletion-unconfirmed', id, `${service} has not said that it has forgotten them`),
    ),
]

const confirmed = z.object({ id: z.string(), confirmedBy: z.array(z.string()), isLeft: z.boolean() })
const left = z.object({ id: z.string(), isWaitedFor: z.boolean(), isLeft: z.boolean() })

const readDeletions = async (
  { users, orders, notifications }: Databases,
  ids: readonly string[],
): Promise<readonly Deletion[]> => {
  const deletions = await users.rows(confirmed, confirmedQuery, [ids])
  const ofOrders = await orders.rows(left, ordersQuery, [ids])
  const ofNotifications = await notifications.rows(left, notificationsQuery, [ids])
  return deletions.map(({ id, confirmedBy, isLeft }) => {
    const others = Object.entries({ orders: ofOrders, notifications: ofNotifications }).flatMap(
      ([service, known]) => known.filter(one => one.id === id).map(one => ({ service, ...one })),
    )
    return {
      id,
      confirmedBy,
      leftIn: [
        ...(isLeft ? ['users'] : []),
        ...others.filter(one => one.isLeft).map(({ service }) => service),
      ],
      waitingIn: others.filter(one => one.isWaitedFor).map(({ service }) => service),
    }
  })
}

const confirmedQuery = `
  select user_id as id, exists (select from users where users.id = user_id) as "isLeft",
    array_remove(array[
      case when orders_forgot_at is not null then 'orders' end,
      case when notifications_forgot_at is not null then 'notifications' end], null) as "confirmedBy"
  from account_deletions where user_id = any ($1::uuid[]) and carried_out_at is not null`

const ordersQuery = `
  select customer_id as id, bool_or(is_under_way) as "isWaitedFor",
    bool_or(not is_under_way and (shipping ->> 'line1' <> 'deleted' or payment_method <> 'deleted')) as "isLeft"
  from (select *, status in ('PENDING', 'CONFIRMED') or step is not null as is_under_way from orders) as known
  where customer_id = any ($1::uuid[]) group by customer_id`

const notificationsQuery = `
  select id, bool_or(is_last_email) as "isWaitedFor", not bool_or(is_last_email) as "isLeft"
  from (
    select user_id as id, false as is_last_email from recipients
    union all select user_id, kind = 'ACCOUNT_DELETED' and state = 'PENDING' from emails
    union all select user_id, false from notifications) as known
  where id = any ($1::uuid[]) group by id`
