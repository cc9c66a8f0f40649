import type { EntityManager } from 'typeorm'

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

/** Wakes the subscribers of these topics on every replica once the caller's transaction has committed. */
export const announce = async (manager: EntityManager, ...topics: readonly Topic[]): Promise<void> => {
  if (topics.length === 0) return
  await manager.query('select pg_notify($1, topic) from unnest($2::text[]) as topic', [topicChannel, topics])
}

/** Wakes the e-mail senders of every replica once the caller's transaction has committed. */
export const announceEmails = async (manager: EntityManager): Promise<void> => {
  await manager.query('select pg_notify($1, $2)', [emailChannel, ''])
}
