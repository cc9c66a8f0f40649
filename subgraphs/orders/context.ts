import { hasScope, isUser, type Viewer } from '@supergraph/runtime/identity.ts'
import { networkOf } from '@supergraph/runtime/network.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { createFieldLoader, createListLoader, createLoader } from '@supergraph/subgraph/loaders.ts'
import type { Caller } from '@supergraph/subgraph/serve.ts'
import type { OrderCommands } from './commands/order-commands.ts'
import type { OrderPage, OrderReads } from './database/order-reads.ts'
import type { OrderRow } from './database/tables.ts'
import type { Person } from './domain/order.ts'

/** What all requests share. */
type Services = {
  readonly commands: OrderCommands
  readonly reads: OrderReads
  readonly verifiedEmailRequired: boolean
}

/** What resolvers work with during one request. */
export type Context = Services & {
  readonly viewer: Viewer
  /** The client's address, if the gateway has told it. */
  readonly clientAddress: string | undefined
  /** The network of the client's address, if the gateway has told it. */
  readonly network: string | undefined
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadlineAtMs: number
  readonly loaders: () => Loaders
  /** Drops what was loaded, so that the fields after a write are read again. */
  readonly forget: () => void
}

/** Loads each thing once per request, many at a time. */
type Loaders = ReturnType<typeof createLoaders>

export const createContext = (
  { viewer, clientAddress, deadlineAtMs }: Caller,
  { commands, reads, verifiedEmailRequired }: Services,
): Context => {
  let loaders = createLoaders(reads)
  return {
    viewer,
    clientAddress,
    network: clientAddress && networkOf(clientAddress),
    deadlineAtMs,
    commands,
    reads,
    verifiedEmailRequired,
    // n.b. not a getter: Apollo Server copies the context, and a getter's value of that moment with it
    loaders: () => loaders,
    forget: () => {
      loaders = createLoaders(reads)
    },
  }
}

/** Whether the viewer may place orders, as far as their e-mail address is concerned. */
export const hasNeededEmail = ({ viewer, verifiedEmailRequired }: Context): boolean =>
  !verifiedEmailRequired || hasScope(viewer, 'email:verified')

/** Whether the viewer may see what belongs to this customer. */
export const seesOrdersOf = (viewer: Viewer, customerId: string): boolean =>
  isUser(viewer, customerId) || hasScope(viewer, 'orders:read')

/** The order, or null if there is none or the viewer may not see it: nobody is told which. */
export const loadVisibleOrder = async (
  { viewer, loaders }: Context,
  id: string,
): Promise<OrderRow | null> => {
  if (!isUuid(id)) return null
  const order = await loaders().order.load(id.toLowerCase())
  return order !== null && seesOrdersOf(viewer, order.customerId) ? order : null
}

/** The order, or null if there is none or the viewer may not change it. */
export const loadManagedOrder = async (context: Context, id: string): Promise<OrderRow | null> => {
  const { viewer } = context
  const order = await loadVisibleOrder(context, id)
  const isManaged = order !== null && (isUser(viewer, order.customerId) || hasScope(viewer, 'orders:manage'))
  return isManaged ? order : null
}

/** The user as the order's actor: its customer, or staff. */
export const actorFor = (userId: string, { customerId }: OrderRow): Person => ({
  kind: userId === customerId ? 'CUSTOMER' : 'STAFF',
  userId,
})

const createLoaders = (reads: OrderReads) => ({
  order: createLoader(reads.byIds, order => order.id),
  items: createListLoader(reads.items, item => item.orderId),
  changes: createListLoader(reads.changes, change => change.orderId),
  refunds: createListLoader(reads.refunds, refund => refund.orderId),
  disputes: createListLoader(reads.disputes, dispute => dispute.orderId),
  nextStep: createLoader(reads.nextSteps, step => step.orderId),
  ordersOf: createFieldLoader(
    (page: OrderPage, customerIds) => reads.pagesOfCustomers(page, customerIds),
    order => order.customerId,
  ),
})
