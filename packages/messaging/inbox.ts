import type { EntityManager } from 'typeorm'

/** Records the message as handled by the queue; false where it already was. Rolls back with the caller's transaction. */
export async function recordInInbox(
  manager: EntityManager,
  message: { readonly queue: string; readonly messageId: string },
): Promise<boolean> {
  // n.b. a second delivery that arrives at the same time waits here until the first one commits or rolls back.
  const inserted: unknown[] = await manager.query(
    `insert into inbox (queue, message_id) values ($1, $2) on conflict do nothing returning message_id`,
    [message.queue, message.messageId],
  )
  return inserted.length === 1
}
