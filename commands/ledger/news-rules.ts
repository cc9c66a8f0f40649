import type { EventCase, InboxCase, OrderCase } from './cases.ts'
import type { Kind, Violation } from './kinds.ts'
import type { OrderRule } from './order-rules.ts'

/** What notifications has of an order that orders itself knows nothing of. */
export const newsWithoutOrder = ({ orderId, news }: OrderCase): readonly Violation[] => [
  ...news.updates.map(update => ({
    kind: 'update-unfounded' as const,
    subject: orderId,
    detail: `${update.type} of an order that orders does not know`,
    ids: [update.eventId],
  })),
  ...news.notifications.map(notification => ({
    kind: 'notification-unfounded' as const,
    subject: orderId,
    detail: `${notification.kind} of an order that orders does not know`,
    ids: [notification.id],
  })),
]

/** A user's notifications are numbered without gaps; n.b. not from 1 where the first ones were pruned. */
export const judgeInbox = ({
  userId,
  lastSeq,
  count,
  lowestSeq,
  highestSeq,
}: InboxCase): readonly Violation[] =>
  count === 0 || (highestSeq === lastSeq && count === highestSeq - lowestSeq + 1)
    ? []
    : [
        {
          kind: 'notification-gap',
          subject: userId,
          detail: `${count} notifications from number ${lowestSeq} to ${highestSeq}, the counter says ${lastSeq}`,
          ids: [],
        },
      ]

/** An event leaves its outbox, and reaches whom it is for. */
export const judgeEvent = (event: EventCase): readonly Violation[] => {
  const { id, type, subject, state, error, isTold, isEmailed } = event
  if (state === 'dead' || state === 'overdue') {
    const detail = `${type}, ${state === 'dead' ? 'given up on' : 'unpublished for a minute'}: ${error ?? 'not tried'}`
    return [{ kind: 'event-stuck', subject: id, detail, ids: [subject] }]
  }
  if (state !== 'published') return []
  if (isTold === false)
    return [{ kind: 'notification-missing', subject, detail: `not told of ${type}`, ids: [id] }]
  return isEmailed === false
    ? [{ kind: 'email-missing', subject, detail: `no e-mail of ${type}`, ids: [id] }]
    : []
}

const updateMissing: OrderRule = ({ id, events }, { news: { updates } }) =>
  events
    .filter(({ isPublished, version }) => isPublished && !updates.some(update => update.version === version))
    .map(event => ({
      kind: 'update-missing',
      subject: id,
      detail: `${event.type}, version ${event.version}`,
      ids: [event.id],
    }))

const updateUnfounded: OrderRule = ({ id, customerId, version, events }, { news: { updates } }) =>
  updates.flatMap(update => {
    const event = events.find(event => event.version === update.version)
    const problem = () => {
      if (update.version > version) return `the order is at version ${version}`
      if (update.customerId !== customerId) return 'of another customer'
      return event !== undefined && event.id !== update.eventId ? 'by another event' : undefined
    }
    const detail = problem()
    return detail === undefined
      ? []
      : [
          {
            kind: 'update-unfounded',
            subject: id,
            detail: `${update.type}, version ${update.version}: ${detail}`,
            ids: [update.eventId],
          },
        ]
  })

/** n.b. where an order stands goes out of date: only the newest word, and money that was returned, must be told. */
const notificationMissing: OrderRule = ({ id, customerId }, { news: { updates, notifications } }) =>
  updates
    .filter(({ type }, index) => type === 'order.refunded' || index === updates.length - 1)
    .filter(
      ({ type, eventId, isOld }) =>
        type !== 'order.placed' && !isOld && !notifications.some(told => told.eventId === eventId),
    )
    .map(({ type, eventId }) => ({
      kind: 'notification-missing',
      subject: id,
      detail: `${type} was not told`,
      ids: [customerId, eventId],
    }))

/** Of each kind there is at most one notification per change that it tells of. */
const notificationsCounted: OrderRule = ({ id, customerId }, { news: { updates, notifications } }) => {
  // n.b. of pruned changes nobody can say what happened
  if (updates.some(({ followsPruned }) => followsPruned)) return []
  const own = notifications.filter(({ userId }) => userId === customerId)
  return [...Map.groupBy(own, ({ kind }) => kind)].flatMap(([told, copies]) => {
    const happened = updates.filter(({ type }) => type.toUpperCase().replace('.', '_') === told).length
    if (copies.length <= happened) return []
    const kind: Kind = happened === 0 ? 'notification-unfounded' : 'notification-doubled'
    const detail = `${told} was told ${copies.length} times, and happened ${happened} times`
    return [{ kind, subject: id, detail, ids: copies.map(copy => copy.id) }]
  })
}

const notificationMisdirected: OrderRule = ({ id, customerId }, { news: { notifications } }) =>
  notifications
    .filter(({ userId }) => userId !== customerId)
    .map(({ id: notificationId, kind, userId }) => ({
      kind: 'notification-misdirected',
      subject: id,
      detail: `${kind} went to a user who is not its customer`,
      ids: [notificationId, userId],
    }))

/** Whoever was told of a change was also written to, or would have been if they wanted. */
const emailMissing: OrderRule = ({ id, customerId }, { news: { updates, notifications } }) =>
  updates
    .filter(({ isBeforeEmail, emailedTo }) => !isBeforeEmail && !emailedTo.includes(customerId))
    .filter(({ eventId }) =>
      notifications.some(told => told.eventId === eventId && told.userId === customerId),
    )
    .map(({ type, eventId }) => ({
      kind: 'email-missing',
      subject: id,
      detail: `no e-mail of ${type}`,
      ids: [customerId, eventId],
    }))

const emailMisdirected: OrderRule = ({ id, customerId }, { news: { updates } }) =>
  updates.flatMap(({ type, eventId, emailedTo }) =>
    emailedTo
      .filter(userId => userId !== customerId)
      .map(userId => ({
        kind: 'email-misdirected' as const,
        subject: id,
        detail: `the e-mail of ${type} is for a user who is not its customer`,
        ids: [eventId, userId],
      })),
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
