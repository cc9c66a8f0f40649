import type { EventType } from '@supergraph/messaging/envelope.ts'
import * as notifications from './notifications.ts'
import * as orders from './orders.ts'
import * as products from './products.ts'
import * as users from './users.ts'

/** Every event that a service publishes. */
export const contracts: readonly EventType[] = [notifications, orders, products, users].flatMap(publisher =>
  Object.values<EventType>({ ...publisher }),
)
