import { badUserInput, forbidden } from '@supergraph/runtime/errors.ts'
import { hasScope, requireScope, type Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { isInvalid, parseInput } from '@supergraph/subgraph/input.ts'
import { newProduct, productChanges, stockAdjustment } from '../domain/product-input.ts'
import { addUpLines, maxUnits, type StockLine } from '../domain/stock.ts'
import type { MutationResolvers, ReserveStockInput } from '../generated/resolvers.ts'
import { toFailure } from './failures.ts'

/** Changes of the catalogue by staff, and of stock by staff and the orders service. */
export const Mutation = {
  createProduct: async (_parent, { input }, { viewer, products, forget }) => {
    const actor = requireScope(viewer, 'catalog:write')
    const parsed = parseInput(newProduct, input)
    if (isInvalid(parsed)) return toFailure(parsed)
    const product = await products.create(parsed, actor)
    forget()
    return product === undefined
      ? toFailure({ kind: 'skuTaken', sku: parsed.sku })
      : { __typename: 'CreateProductSuccess', product }
  },

  updateProduct: async (_parent, { input }, { viewer, products, forget }) => {
    requireScope(viewer, 'catalog:write')
    const parsed = parseInput(productChanges, input)
    if (isInvalid(parsed)) return toFailure(parsed)
    const product = await products.update(input.productId, parsed)
    forget()
    return product === undefined
      ? toFailure({ kind: 'productNotFound' })
      : { __typename: 'UpdateProductSuccess', product }
  },

  archiveProduct: async (_parent, { input }, { viewer, products, forget }) => {
    const product = await products.archive(input.productId, requireScope(viewer, 'catalog:write'))
    forget()
    return product === undefined
      ? toFailure({ kind: 'productNotFound' })
      : { __typename: 'ArchiveProductSuccess', product }
  },

  adjustStock: async (_parent, { input }, { viewer, deadlineAtMs, stock, forget }) => {
    const actor = requireScope(viewer, 'catalog:write')
    const parsed = parseInput(stockAdjustment, input)
    if (isInvalid(parsed)) return toFailure(parsed)
    const outcome = await stock.adjust(input.productId, parsed, { actor, deadlineAtMs })
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
