import type { ProductResolvers } from '../generated/resolvers.ts'

/** What analytics knows of a product, whichever it is. */
export const Product = {
  __resolveReference: ({ id }) => ({ id }),
  unitsSold: async ({ id }, _arguments, { unitsSoldOf }) =>
    (await unitsSoldOf.load(id.toLowerCase()))?.unitsSold ?? 0,
} satisfies ProductResolvers
