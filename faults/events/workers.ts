import { receivers } from '../../queues.ts'

const others = receivers.filter(({ service, queues }) => service !== 'notifications' && queues.length > 0)

/** The processes that consume events: two of notifications, and one of every other service with a durable queue. */
export const workers = [
  'notifications-1',
  'notifications-2',
  ...others.map(({ service }) => service),
] as const
