/** What a subscription waits for: news of one order, of one user, of one product, or of every order that is placed. */
export type Topic = `${TopicKind}:${string}` | 'placed'

type TopicKind = 'order' | 'user' | 'product'

/** The topic of every order that is placed. */
export const placedTopic: Topic = 'placed'

/** Names a topic; like the database, it takes ids that differ only in case as one id. */
export const topicOf = (kind: TopicKind, id: string): Topic => `${kind}:${id.toLowerCase()}`

/** The PostgreSQL notification channel of the topics; the topic is the payload. */
export const topicChannel = 'live'

/** The PostgreSQL notification channel that announces e-mails to send. */
export const emailChannel = 'emails'

/** SQL that wakes the subscribers of a topic on every replica once its transaction has committed; `id` is SQL for a UUID. */
export const announcing = (kind: TopicKind, id: string): string =>
  `pg_notify('${topicChannel}', '${kind}:' || ${id})`

/** SQL that wakes the subscribers to placed orders on every replica once its transaction has committed. */
export const announcingPlaced = `pg_notify('${topicChannel}', '${placedTopic}')`

/** SQL that wakes the e-mail senders of every replica once its transaction has committed. */
export const announcingEmails = `pg_notify('${emailChannel}', '')`
