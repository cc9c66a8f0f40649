import { demoUserId } from '@supergraph/demo/demo-shop.ts'
import { readRows } from '../testbed/rows.ts'

/** Puts an event that lacks an address into the outbox of users, so that its consumers give it up, and returns its id. */
export const publishUnreadableEvent = async (usersDatabaseUrl: string): Promise<string> => {
  const [id, userId] = [crypto.randomUUID(), demoUserId('grace@example.com')]
  const envelope = {
    ...{ specversion: '1.0', id, source: 'users', type: 'user.updated', subject: userId, version: 2 },
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: { userId, name: 'Grace' },
  }
  const insert = 'insert into outbox (message_id, aggregate_id, envelope) values ($1, $2, $3)'
  await readRows(usersDatabaseUrl, insert, [id, userId, JSON.stringify(envelope)])
  return id
}
