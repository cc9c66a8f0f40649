import { hasScope, isUser, type Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { createFieldLoader, createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Checkout } from './checkout/checkout.ts'
import type { OrderPage, OrderReads } from './database/order-reads.ts'
import type { OrderRow } from './database/tables.ts'
import type { OrderCommands, Person } from './order-commands.ts'

/** What resolvers work with during one request. */
export type Context = {
  readonly viewer: Viewer
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadlineAtMs: number
  readonly checkout: Checkout
  readonly commands: OrderCommands
  readonly reads: OrderReads
  readonly loaders: () => Loaders
  /** Lets the fields that follow a change read anew. */
  readonly forgetLoaded: () => void
}

/** Loads each thing once per request, many at a time. */
export type Loaders = ReturnType<typeof createLoaders>

export const createContext = (
  { viewer, deadlineAtMs }: Pick<Context, 'viewer' | 'deadlineAtMs'>,
  { checkout, commands, reads }: Pick<Context, 'checkout' | 'commands' | 'reads'>,
): Context => {
  let loaders = createLoaders(reads)
  return {
    viewer,
    deadlineAtMs,
    checkout,
    commands,
    reads,
    // n.b. not a getter: Apollo Server copies the context, and with it what a getter gives at that moment
    loaders: () => loaders,
    forgetLoaded: () => {
      loaders = createLoaders(reads)
    },
  }
}

/** Whether the viewer may see what belongs to this customer. */
export const seesOrdersOf = (viewer: Viewer, customerId: string): boolean =>
  isUser(viewer, customerId) || hasScope(viewer, 'orders:read')

/** The order, or null where there is none that the viewer may see: the two look alike to everyone. */
export const loadVisibleOrder = async (
  { viewer, loaders }: Context,
  id: string,
): Promise<OrderRow | null> => {
  if (!isUuid(id)) return null
  const order = await loaders().order.load(id.toLowerCase())
  return order !== null && seesOrdersOf(viewer, order.customerId) ? order : null
}

/** The order, or null where there is none that the viewer may see and change. */
export const loadManagedOrder = async (context: Context, id: string): Promise<OrderRow | null> => {
  const { viewer } = context
  const order = await loadVisibleOrder(context, id)
  const isManaged = order !== null && (isUser(viewer, order.customerId) || hasScope(viewer, 'orders:manage'))
  return isManaged ? order : null
}

/** Who the user is to this customer's order: its customer, or staff. */
export const actorFor = (userId: string, { customerId }: OrderRow): Person => ({
  kind: userId === customerId ? 'CUSTOMER' : 'STAFF',
  userId,
})

const createLoaders = (reads: OrderReads) => ({
  order: createLoader(reads.byIds, order => order.id),
  items: createListLoader(reads.items, item => item.orderId),
  changes: createListLoader(reads.changes, change => change.orderId),
  refunds: createListLoader(reads.refunds, refund => refund.orderId),
  ordersOf: createFieldLoader(
    (page: OrderPage, customerIds) => reads.pagesOfCustomers(page, customerIds),
    order => order.customerId,
  ),
})
