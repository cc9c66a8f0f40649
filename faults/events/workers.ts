import { receivers } from '../../queues.ts'
import { publishers } from '../publishers.ts'

// n.b. the suite starts these itself, and a process that is named twice would be started twice
const startedApart: readonly string[] = publishers
const others = receivers.filter(({ service, queues }) => !startedApart.includes(service) && queues.length > 0)

/** The processes that are there to consume events: two of notifications, and one of each service that has a durable queue and is no publisher. */
export const workers = [
  'notifications-1',
  'notifications-2',
  ...others.map(({ service }) => service),
] as const

/** The processes of a whole shop, without a registry: two of orders, of notifications and of the gateway. */
export const shopProcesses = [
  'mailbox',
  'users',
  'products-1',
  'payment-simulator',
  'orders-1',
  'orders-2',
  ...workers,
  'gateway-1',
  'gateway-2',
] as const
