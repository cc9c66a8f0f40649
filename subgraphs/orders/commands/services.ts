import type { Clock } from '@supergraph/postgres/clock.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { Driver } from '../checkout/driver.ts'
import type { OrderReads } from '../database/order-reads.ts'
import type { OrderStore } from '../database/order-store.ts'
import type { Payments } from '../payments/payments.ts'
import type { ProductsClient } from '../products/products-client.ts'
import type { OrderThrottle } from './order-throttle.ts'

/** What the commands work with. */
export type Services = {
  readonly store: OrderStore
  readonly reads: OrderReads
  readonly driver: Driver
  readonly products: ProductsClient
  readonly payments: Payments
  readonly throttle: OrderThrottle
  readonly clock: Clock
  readonly logger: Logger
}
