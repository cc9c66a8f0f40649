import type { OrderRecords } from './order-records.ts'
import type { OrderRule } from './order-rules.ts'
import { type Violation, violation } from './violations.ts'

/** What notifications has for an order that orders itself does not know. */
export const newsWithoutOrder = ({ orderId, news }: OrderRecords): readonly Violation[] => {
  const detail = (news: string) => `${news} of an order that orders does not know`
  return [
    ...news.updates.map(({ type, eventId }) =>
      violation('update-unfounded', orderId, detail(type), [eventId]),
    ),
    ...news.notifications.map(({ kind, id }) =>
      violation('notification-unfounded', orderId, detail(kind), [id]),
    ),
  ]
}

const updateMissing: OrderRule = ({ id, events }, { news: { updates } }) =>
  events
    .filter(({ isPublished, version }) => isPublished && !updates.some(update => update.version === version))
    .map(event => violation('update-missing', id, `${event.type}, version ${event.version}`, [event.id]))

const updateUnfounded: OrderRule = ({ id, customerId, version, events }, { news: { updates } }) =>
  updates.flatMap(update => {
    const event = events.find(event => event.version === update.version)
    const problem = () => {
      if (update.version > version) return `the order is at version ${version}`
      if (update.customerId !== customerId) return 'of another customer'
      return event !== undefined && event.id !== update.eventId ? 'by another event' : undefined
    }
    const found = problem()
    if (found === undefined) return []
    const detail = `${update.type}, version ${update.version}: ${found}`
    return [violation('update-unfounded', id, detail, [update.eventId])]
  })

/** n.b. only the newest status, and each refund, must be told: an older status may be out of date before anyone is told. */
const notificationMissing: OrderRule = ({ id, customerId }, { news: { updates, notifications } }) =>
  updates
    .filter(({ type }, index) => type === 'order.refunded' || index === updates.length - 1)
    .filter(
      ({ type, eventId, isOld }) =>
        !untold.includes(type) && !isOld && !notifications.some(told => told.eventId === eventId),
    )
    .map(({ type, eventId }) =>
      violation('notification-missing', id, `${type} was not told`, [customerId, eventId]),
    )

const untold: readonly string[] = ['order.placed', 'order.payment-changed']

/** There are no more notifications of a kind than changes that they tell of. */
const notificationsCounted: OrderRule = ({ id, customerId }, { news: { updates, notifications } }) => {
  // n.b. the number of pruned changes is unknown
  if (updates.some(({ followsPruned }) => followsPruned)) return []
  const own = notifications.filter(({ userId }) => userId === customerId)
  return [...Map.groupBy(own, ({ kind }) => kind)].flatMap(([told, copies]) => {
    const happened = updates.filter(({ type }) => type.toUpperCase().replace('.', '_') === told).length
    if (copies.length <= happened) return []
    const kind = happened === 0 ? 'notification-unfounded' : 'notification-doubled'
    const detail = `${told} was told ${copies.length} times, and happened ${happened} times`
    const ids = copies.map(copy => copy.id)
    return [violation(kind, id, detail, ids)]
  })
}

const notificationMisdirected: OrderRule = ({ id, customerId }, { news: { notifications } }) =>
  notifications
    .filter(({ userId }) => userId !== customerId)
    .map(({ id: notificationId, kind, userId }) => {
      const detail = `${kind} went to a user who is not its customer`
      return violation('notification-misdirected', id, detail, [notificationId, userId])
    })

/** A customer who was told of a change also got an e-mail of it, unless they want none. */
const emailMissing: OrderRule = ({ id, customerId }, { news: { updates, notifications } }) =>
  updates
    .filter(({ isBeforeEmail, emailedTo }) => !isBeforeEmail && !emailedTo.includes(customerId))
    .filter(({ eventId }) =>
      notifications.some(told => told.eventId === eventId && told.userId === customerId),
    )
    .map(({ type, eventId }) => violation('email-missing', id, `no e-mail of ${type}`, [customerId, eventId]))

const emailMisdirected: OrderRule = ({ id, customerId }, { news: { updates } }) =>
  updates.flatMap(({ type, eventId, emailedTo }) =>
    emailedTo
      .filter(userId => userId !== customerId)
      .map(userId => {
        const detail = `the e-mail of ${type} is for a user who is not its customer`
        return violation('email-misdirected', id, detail, [eventId, userId])
      }),
  )

/** What orders and notifications must agree on. */
export const newsRules: readonly OrderRule[] = [
  updateMissing,
  updateUnfounded,
  notificationMissing,
  notificationsCounted,
  notificationMisdirected,
  emailMissing,
  emailMisdirected,
]
