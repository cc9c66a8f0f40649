import { badUserInput, forbidden } from '@supergraph/runtime/errors.ts'
import { hasScope, type Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { isInvalid, parseInput } from '@supergraph/subgraph/input.ts'
import { requireStaff } from '@supergraph/subgraph/staff.ts'
import { newProduct, productChanges, stockAdjustment } from '../domain/product-input.ts'
import { addUpLines, maxUnits, type StockLine } from '../domain/stock.ts'
import type { MutationResolvers, ReserveStockInput } from '../generated/resolvers.ts'
import { toFailure } from './failures.ts'

/** Changes of the catalogue by staff, and of stock by staff and the orders service. */
export const Mutation = {
  createProduct: async (_parent, { input }, { viewer, clientAddress, products, forget }) => {
    const staff = requireStaff({ viewer, clientAddress }, 'catalog:write')
    const parsed = parseInput(newProduct, input)
    if (isInvalid(parsed)) return toFailure(parsed)
    const product = await products.create(parsed, staff.actorId, staff)
    forget()
    return product === undefined
      ? toFailure({ kind: 'skuTaken', sku: parsed.sku })
      : { __typename: 'CreateProductSuccess', product }
  },

  updateProduct: async (_parent, { input }, { viewer, clientAddress, products, forget }) => {
    const staff = requireStaff({ viewer, clientAddress }, 'catalog:write')
    const parsed = parseInput(productChanges, input)
    if (isInvalid(parsed)) return toFailure(parsed)
    const product = await products.update(input.productId, parsed, staff)
    forget()
    return product === undefined
      ? toFailure({ kind: 'productNotFound' })
      : { __typename: 'UpdateProductSuccess', product }
  },

  archiveProduct: async (_parent, { input }, { viewer, clientAddress, products, forget }) => {
    const staff = requireStaff({ viewer, clientAddress }, 'catalog:write')
    const product = await products.archive(input.productId, staff.actorId, staff)
    forget()
    return product === undefined
      ? toFailure({ kind: 'productNotFound' })
      : { __typename: 'ArchiveProductSuccess', product }
  },

  adjustStock: async (_parent, { input }, { viewer, clientAddress, deadlineAtMs, stock, forget }) => {
    const staff = requireStaff({ viewer, clientAddress }, 'catalog:write')
    const parsed = parseInput(stockAdjustment, input)
    if (isInvalid(parsed)) return toFailure(parsed)
    const outcome = await stock.adjust(input.productId, parsed, {
      actor: staff.actorId,
      deadlineAtMs,
      staff,
    })
    forget()
    return outcome.kind === 'adjusted'
      ? { __typename: 'AdjustStockSuccess', product: outcome.product }
      : toFailure(outcome)
  },

  reserveStock: async (_parent, { input }, { viewer, deadlineAtMs, stock, forget }) => {
    const actor = requireOrders(viewer)
    const outcome = await stock.reserve(orderIdOf(input), linesOf(input), { actor, deadlineAtMs })
    forget()
    return outcome.kind === 'granted'
      ? { __typename: 'ReserveStockSuccess', orderId: input.orderId }
      : toFailure(outcome)
  },

  holdStock: async (_parent, { input }, { viewer, deadlineAtMs, stock }) => {
    const actor = requireOrders(viewer)
    const expiresAt = await stock.hold(orderIdOf(input), input.prolong, { actor, deadlineAtMs })
    return expiresAt === undefined
      ? toFailure({ kind: 'released' })
      : { __typename: 'HoldStockSuccess', orderId: input.orderId, expiresAt }
  },

  commitStock: async (_parent, { input }, { viewer, deadlineAtMs, stock, forget }) => {
    const actor = requireOrders(viewer)
    const outcome = await stock.commit(orderIdOf(input), { actor, deadlineAtMs })
    forget()
    return outcome.kind === 'granted'
      ? { __typename: 'CommitStockSuccess', orderId: input.orderId }
      : toFailure(outcome)
  },

  releaseStock: async (_parent, { input }, { viewer, deadlineAtMs, stock, forget }) => {
    const actor = requireOrders(viewer)
    await stock.release(orderIdOf(input), { actor, deadlineAtMs })
    forget()
    return { __typename: 'ReleaseStockSuccess', orderId: input.orderId }
  },
} satisfies MutationResolvers

const requireOrders = (viewer: Viewer): string => {
  const isOrders = viewer.kind === 'service' && viewer.name === 'orders'
  if (!isOrders || !hasScope(viewer, 'stock:reserve')) throw forbidden()
  return viewer.name
}

const orderIdOf = ({ orderId }: { readonly orderId: string }): string => {
  if (!isUuid(orderId)) throw badUserInput('"orderId" must be the UUID of an order.')
  return orderId
}

const linesOf = ({ items }: ReserveStockInput): readonly StockLine[] => {
  const lines = addUpLines(items.map(item => ({ ...item, productId: item.productId.toLowerCase() })))
  if (lines.length === 0) throw badUserInput('"items" must have at least one line.')
  if (items.some(({ quantity }) => quantity < 1) || lines.some(({ quantity }) => quantity > maxUnits)) {
    throw badUserInput(`"quantity" must be from 1 to ${maxUnits} for each product.`)
  }
  return lines
}
