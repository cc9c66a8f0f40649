/** What a subscription waits for: news of one order, of one user, of one product, or of every order that is placed. */
export type Topic = `${TopicKind}:${string}` | 'placed'

type TopicKind = 'order' | 'user' | 'product'

/** The topic of every order that is placed. */
export const placedTopic: Topic = 'placed'

/** Names a topic; like the database, it takes ids that differ only in case as one id. */
export const topicOf = (kind: TopicKind, id: string): Topic => `${kind}:${id.toLowerCase()}`

/**
 * The PostgreSQL notification channel of the topics. The payload is a topic to be woken, or, before that, a `Cause`.
 * n.b. replicas of an earlier release take the payload for a topic: they must find the topics as they know them.
 */
export const topicChannel = 'live'

/** The PostgreSQL notification channel that announces e-mails to send. */
export const emailChannel = 'emails'

/** Which trace has brought something new of a topic; `row` tells it from the other news of the topic. */
export type Cause = { readonly topic: string; readonly row: string; readonly traceparent: string }

/** SQL for what is new: the row of its topic, and the `traceparent` of what brought it, which may be null. */
type News = { readonly row: string; readonly traceparent: string }

/**
 * SQL that wakes the subscribers of a topic on every replica once its transaction has committed, and tells them why; `id` is
 * SQL for a UUID.
 */
export const announcing = (kind: TopicKind, id: string, news: News): string =>
  announcingTopic(`'${kind}:' || ${id}`, news)

/** The same for the subscribers to placed orders, where the SQL `isPlaced` is true. */
export const announcingPlaced = (news: News, isPlaced: string): string =>
  announcingTopic(`'${placedTopic}'`, news, isPlaced)

// n.b. pg_notify takes null for an empty payload
const announcingTopic = (topic: string, { row, traceparent }: News, isNew = 'true'): string =>
  `case when ${isNew} and ${traceparent} is not null then
     pg_notify('${topicChannel}', '${causePrefix}' || ${topic} || ' ' || ${row} || ' ' || ${traceparent}) end,
   case when ${isNew} then pg_notify('${topicChannel}', ${topic}) end`

const causePrefix = 'cause '

/** The cause in a payload; undefined if the payload is a topic. */
export const causeIn = (payload: string): Cause | undefined => {
  if (!payload.startsWith(causePrefix)) return undefined
  const [topic = '', row = '', traceparent = ''] = payload.slice(causePrefix.length).split(' ')
  return { topic, row, traceparent }
}

/** SQL that wakes the e-mail senders of every replica once its transaction has committed. */
export const announcingEmails = `pg_notify('${emailChannel}', '')`
