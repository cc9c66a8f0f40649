/** A transaction of a checkout, in the order in which a checkout waits for them. */
type Transaction = {
  readonly database: 'orders' | 'products' | 'payment_simulator'
  /** A read takes no number of a transaction, and what is unlogged needs no flush. */
  readonly kind: 'read' | 'unlogged' | 'commit'
  /** Whether it writes to an outbox. */
  readonly hasEvents: boolean
  /** Whether it locks the products of the order. */
  readonly locksProducts: boolean
}

const transaction = (
  database: Transaction['database'],
  kind: Transaction['kind'],
  { hasEvents = false, locksProducts = false } = {},
): Transaction => ({ database, kind, hasEvents, locksProducts })

/** The way of a checkout; a measurement compares it with what the services send. */
export const checkoutPath = [
  transaction('orders', 'unlogged'),
  transaction('products', 'read'),
  transaction('orders', 'commit', { hasEvents: true }),
  transaction('products', 'commit', { hasEvents: true, locksProducts: true }),
  transaction('payment_simulator', 'commit'),
  transaction('products', 'commit', { locksProducts: true }),
  transaction('payment_simulator', 'commit'),
  transaction('orders', 'commit', { hasEvents: true }),
] as const satisfies readonly Transaction[]

/** How many of its transactions write to the outbox of a service, and so wake up its relay. */
export const wakeUpsOf = (database: Transaction['database']): number =>
  checkoutPath.filter(each => each.database === database && each.hasEvents).length
