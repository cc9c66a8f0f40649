import { z } from 'zod'
import type { CatalogueProduct } from './catalogue.ts'
import { type FoundProduct, findProducts } from './find-products.ts'
import { type Access, type Shop, ShopError } from './shop.ts'

/** The number of products that one request writes. */
export const productsPerRequest = 20

/** What became of a product: written, or refused with a reason and the shop's words. */
type WriteOutcome =
  | { readonly kind: 'created' | 'updated' }
  | { readonly kind: 'refused'; readonly reason: string; readonly detail?: string }

/** Whether the file and the shop differ about a product. */
export const isChanged = (known: FoundProduct, { name, priceMinor }: CatalogueProduct) =>
  known.name !== name || known.price.amountMinor !== priceMinor

const outcomes = z.record(
  z.string(),
  z.object({ __typename: z.string(), message: z.string().optional(), field: z.string().optional() }),
)

/** Creates or updates products in one request; if the request itself is refused, then in one for each product. */
export async function writeProducts(
  shop: Shop,
  access: Access,
  products: readonly CatalogueProduct[],
  found: ReadonlyMap<string, FoundProduct>,
): Promise<readonly WriteOutcome[]> {
  try {
    return await writeTogether(shop, access, products, found)
  } catch (error) {
    if (!(error instanceof ShopError) || error.code !== 'BAD_USER_INPUT') throw error
    if (products.length === 1) return [{ kind: 'refused', reason: 'unusable value', detail: error.message }]
    const alone: WriteOutcome[] = []
    for (const product of products) alone.push(...(await writeProducts(shop, access, [product], found)))
    return alone
  }
}

const writeTogether = async (
  shop: Shop,
  access: Access,
  products: readonly CatalogueProduct[],
  found: ReadonlyMap<string, FoundProduct>,
): Promise<readonly WriteOutcome[]> => {
  const writes = products.map(({ records, ...product }) => {
    const { name, priceMinor } = product
    const known = found.get(product.sku)
    return known === undefined
      ? { verb: 'create' as const, input: product }
      : { verb: 'update' as const, input: { productId: known.id, name, priceMinor } }
  })
  const data = await shop.request(
    outcomes,
    `mutation ImportProducts(${writes.map(({ verb }, index) => `$input${index}: ${verb === 'create' ? 'Create' : 'Update'}ProductInput!`)}) {
      ${writes
        .map(
          ({ verb }, index) =>
            `product${index}: ${verb}Product(input: $input${index}) { __typename ... on Failure { message } ... on InvalidInput { field } }`,
        )
        .join('\n')}
    }`,
    Object.fromEntries(writes.map(({ input }, index) => [`input${index}`, input])),
    access,
  )
  const written = writes.map(({ verb }, index): WriteOutcome => {
    const { __typename, message, field } = data[`product${index}`] ?? { __typename: 'no answer' }
    if (__typename.endsWith('Success')) return { kind: `${verb}d` }
    return field === undefined
      ? { kind: 'refused', reason: message ?? __typename }
      : { kind: 'refused', reason: `unusable ${field}`, detail: message ?? '' }
  })
  const takenSkus = products
    .filter((_, index) => data[`product${index}`]?.__typename === 'SkuTaken')
    .map(({ sku }) => sku)
  // n.b. a request that is sent again, since its answer was lost, finds the products that it created itself
  const taken = await findProducts(shop, takenSkus, () => undefined)
  return written.map((outcome, index) => {
    const product = products[index]
    const known = taken.get(product?.sku ?? '')
    return product && known && isSame(known, product) ? { kind: 'created' } : outcome
  })
}

const isSame = (known: FoundProduct, product: CatalogueProduct): boolean =>
  known.archivedAt === null && known.price.currency === product.currency && !isChanged(known, product)
