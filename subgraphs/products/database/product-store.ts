import { rows } from '@supergraph/postgres/statements.ts'
import { isUuid, uuidv7 } from '@supergraph/runtime/uuid.ts'
import { changedValues } from '@supergraph/schema/staff-act.ts'
import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { DataSource } from 'typeorm'
import type { NewProduct, ProductChanges } from '../domain/product-input.ts'
import { archiveStock, openStock } from '../domain/stock.ts'
import { publishProducts } from './product-events.ts'
import { readProductPage } from './product-pages.ts'
import { type ProductSearch, productColumns, type SortedProductRow } from './product-rows.ts'
import { recordStaffAct } from './staff-acts.ts'
import { lockProducts, recordStockChanges } from './stock-changes.ts'
import { type ProductRow, productRow, productTable } from './tables.ts'

export type ProductStore = ReturnType<typeof createProductStore>

/** Reads and writes the catalogue. */
export const createProductStore = (database: DataSource) => ({
  /** The products that exist among the ids (lower case), archived ones included, in no order. */
  loadByIds: (ids: readonly string[]): Promise<readonly ProductRow[]> =>
    rows(database, productRow, `select ${productColumns} from products where id = any ($1::uuid[])`, [
      ids.filter(isUuid),
    ]),

  /** The products that exist among the skus, archived ones included, in no order. */
  loadBySkus: (skus: readonly string[]): Promise<readonly ProductRow[]> =>
    // n.b. PostgreSQL text can't hold U+0000
    rows(database, productRow, `select ${productColumns} from products where sku = any ($1::text[])`, [
      skus.filter(sku => !sku.includes('\u0000')),
    ]),

  /** One page of the catalogue, with the values that it is sorted by. */
  page: (search: ProductSearch): Promise<readonly SortedProductRow[]> => readProductPage(database, search),

  /** Adds a product; returns undefined if another one has the sku. */
  create: (
    { available, ...input }: NewProduct,
    actor: string,
    staff?: Staff,
  ): Promise<ProductRow | undefined> =>
    database.transaction(async manager => {
      const at = new Date()
      const product: ProductRow = {
        ...input,
        id: uuidv7(at.getTime()),
        category: input.category ?? null,
        imageUrl: input.imageUrl ?? null,
        onHand: available,
        reserved: 0,
        version: 1,
        catalogueVersion: 1,
        createdAt: at,
        updatedAt: at,
        archivedAt: null,
      }
      const { raw } = await manager
        .createQueryBuilder()
        .insert()
        .into(productTable)
        .values(product)
        .orIgnore()
        .returning('id')
        .execute()
      if (raw.length === 0) return undefined
      const cause = { reason: 'Initial stock', actor, orderId: null, at }
      await recordStockChanges(manager, [openStock(product)], cause)
      await publishProducts(manager, [product])
      const { id: productId, sku } = product
      const after = { sku, ...shownOf(product), available }
      await recordStaffAct(manager, staff, { act: 'createProduct', productId, before: null, after, at })
      return product
    }),

  /** Changes a product's description or price; returns undefined if there is no such product. */
  update: (productId: string, changes: ProductChanges, staff?: Staff): Promise<ProductRow | undefined> =>
    database.transaction(async manager => {
      const [product] = isUuid(productId) ? await lockProducts(manager, [productId]) : []
      if (product === undefined) return undefined
      const catalogueVersion = product.catalogueVersion + 1
      const changed = { ...changes, catalogueVersion, updatedAt: new Date() }
      await manager.update(productTable, { id: product.id }, changed)
      const updated = { ...product, ...changed }
      await publishProducts(manager, [updated])
      const values = changedValues(shownOf(product), shownOf(updated))
      const act = { act: 'updateProduct', productId: product.id, ...values, at: changed.updatedAt }
      await recordStaffAct(manager, staff, act)
      return updated
    }),

  /** Takes a product out of the catalogue, once; returns undefined if there is no such product. */
  archive: (productId: string, actor: string, staff?: Staff): Promise<ProductRow | undefined> =>
    database.transaction(async manager => {
      const [product] = isUuid(productId) ? await lockProducts(manager, [productId]) : []
      if (product === undefined || product.archivedAt !== null) return product
      const at = new Date()
      const change = archiveStock(product, at)
      const { version } = change.after
      const catalogueVersion = product.catalogueVersion + 1
      const changed = { version, catalogueVersion, archivedAt: at, updatedAt: at }
      await manager.update(productTable, { id: product.id }, changed)
      await recordStockChanges(manager, [change], { reason: 'Archived', actor, orderId: null, at })
      const archived = { ...product, ...changed }
      await publishProducts(manager, [archived])
      const values = { before: { isArchived: false }, after: { isArchived: true } }
      await recordStaffAct(manager, staff, { act: 'archiveProduct', productId: product.id, ...values, at })
      return archived
    }),
})

/** What staff can change of a product. */
const shownOf = ({ name, description, category, priceMinor, currency, imageUrl }: ProductRow) => ({
  ...{ name, description, category, priceMinor, currency, imageUrl },
})
