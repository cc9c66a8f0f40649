import { z } from 'zod'
import type { CatalogueProduct } from './catalogue.ts'
import type { FoundProduct, Shop } from './shop.ts'

/** The number of products that one request writes. */
export const productsPerRequest = 20

/** Whether the file and the shop differ about a product. */
export const isChanged = (known: FoundProduct, { name, priceMinor }: CatalogueProduct) =>
  known.name !== name || known.price.amountMinor !== priceMinor

const outcomes = z.record(
  z.string(),
  z.object({ __typename: z.string(), message: z.string().optional(), field: z.string().optional() }),
)

/** Creates or updates products in one request; returns for each product `created`, `updated` or the reason why it was refused. */
export async function writeProducts(
  shop: Shop,
  accessToken: string,
  products: readonly CatalogueProduct[],
  found: ReadonlyMap<string, FoundProduct>,
): Promise<readonly string[]> {
  const writes = products.map(({ sku, name, priceMinor, ...product }) => {
    const known = found.get(sku)
    return known === undefined
      ? { verb: 'create' as const, input: { sku, name, priceMinor, ...product } }
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
    accessToken,
  )
  return writes.map(({ verb }, index) => {
    const { __typename, message, field } = data[`product${index}`] ?? { __typename: 'no answer' }
    if (__typename.endsWith('Success')) return `${verb}d`
    return field === undefined ? (message ?? __typename) : `unusable ${field}`
  })
}
