import { z } from 'zod'
import type { Shop } from './shop.ts'

const productsPerRequest = 20

const foundProduct = z
  .object({
    id: z.string(),
    name: z.string(),
    price: z.object({ amountMinor: z.int(), currency: z.string() }),
    archivedAt: z.string().nullable(),
  })
  .nullable()

export type FoundProduct = NonNullable<z.output<typeof foundProduct>>

/** The shop's products with these skus, archived ones too, by sku; `onProgress` is called with the number of skus that were just looked up. */
export const findProducts = async (
  shop: Shop,
  skus: readonly string[],
  onProgress: (count: number) => void,
): Promise<ReadonlyMap<string, FoundProduct>> => {
  const found = new Map<string, FoundProduct>()
  for (let start = 0; start < skus.length; start += productsPerRequest) {
    const page = skus.slice(start, start + productsPerRequest)
    const products = await shop.request(
      z.record(z.string(), foundProduct),
      `query FindProducts(${page.map((_, index) => `$sku${index}: String!`)}) {
        ${page.map((_, index) => `product${index}: product(sku: $sku${index}) { id name price { amountMinor currency } archivedAt }`).join('\n')}
      }`,
      Object.fromEntries(page.map((sku, index) => [`sku${index}`, sku])),
    )
    for (const [index, sku] of page.entries()) {
      const product = products[`product${index}`]
      if (product) found.set(sku, product)
    }
    onProgress(page.length)
  }
  return found
}
