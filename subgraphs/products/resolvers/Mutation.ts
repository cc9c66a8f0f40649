import { badUserInput, forbidden } from '@supergraph/runtime/errors.ts'
import { hasScope, requireScope, type Viewer } from '@supergraph/runtime/identity.ts'
import { isUuid } from '@supergraph/runtime/uuid.ts'
import { newProduct, parseInput, productChanges, stockAdjustment } from '../domain/product-input.ts'
import { addUpLines, maxUnits, type StockLine } from '../domain/stock.ts'
import type { MutationResolvers, ReserveStockInput } from '../generated/resolvers.ts'
import {
  insufficientStock,
  invalidInput,
  keyReused,
  productNotFound,
  skuTaken,
  stockRefusal,
  tooMuchStock,
} from './failures.ts'

/** Changes of the catalogue by staff, and of stock by the orders service. */
export const Mutation = {
  createProduct: async (_parent, { input }, { viewer, products }) => {
    const actor = requireScope(viewer, 'catalog:write')
    const parsed = parseInput(newProduct, input)
    if (parsed.kind === 'invalid') return invalidInput(parsed.field, parsed.message)
    const product = await products.create(parsed.value, actor)
    return product === undefined
      ? skuTaken(parsed.value.sku)
      : { __typename: 'CreateProductSuccess', product }
  },

  updateProduct: async (_parent, { input }, { viewer, products }) => {
    requireScope(viewer, 'catalog:write')
    const parsed = parseInput(productChanges, input)
    if (parsed.kind === 'invalid') return invalidInput(parsed.field, parsed.message)
    const product = await products.update(input.productId, parsed.value)
    return product === undefined ? productNotFound() : { __typename: 'UpdateProductSuccess', product }
  },

  archiveProduct: async (_parent, { input }, { viewer, products }) => {
    const product = await products.archive(input.productId, requireScope(viewer, 'catalog:write'))
    return product === undefined ? productNotFound() : { __typename: 'ArchiveProductSuccess', product }
  },

  adjustStock: async (_parent, { input }, { viewer, deadlineAtMs, stock }) => {
    const actor = requireScope(viewer, 'catalog:write')
    const parsed = parseInput(stockAdjustment, input)
    if (parsed.kind === 'invalid') return invalidInput(parsed.field, parsed.message)
    const outcome = await stock.adjust(input.productId, parsed.value, { actor, deadlineAtMs })
    switch (outcome.kind) {
      case 'adjusted':
        return { __typename: 'AdjustStockSuccess', product: outcome.product }
      case 'notFound':
        return productNotFound()
      case 'keyReused':
        return keyReused()
      case 'insufficient':
        return insufficientStock(outcome.available)
      case 'tooMuch':
        return tooMuchStock(outcome.maxDelta)
      default:
        return outcome satisfies never
    }
  },

  reserveStock: async (_parent, { input }, { viewer, deadlineAtMs, stock }) => {
    const actor = requireOrders(viewer)
    const answer = await stock.reserve(orderIdOf(input), linesOf(input), { actor, deadlineAtMs })
    return answer.kind === 'granted'
      ? { __typename: 'ReserveStockSuccess', orderId: input.orderId }
      : stockRefusal(answer)
  },

  commitStock: async (_parent, { input }, { viewer, deadlineAtMs, stock }) => {
    const actor = requireOrders(viewer)
    const answer = await stock.commit(orderIdOf(input), { actor, deadlineAtMs })
    return answer.kind === 'granted'
      ? { __typename: 'CommitStockSuccess', orderId: input.orderId }
      : stockRefusal(answer)
  },

  releaseStock: async (_parent, { input }, { viewer, deadlineAtMs, stock }) => {
    const actor = requireOrders(viewer)
    await stock.release(orderIdOf(input), { actor, deadlineAtMs })
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
