import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import type { Database, Databases } from '../databases.ts'
import { productsOf } from '../products.ts'

const pageRows = 2_000

/** A database whose pages have so many rows each, and which nobody may ask for more. */
const databaseOf = (...pages: readonly number[]): Database => {
  const left = [...pages]
  return {
    rows: async shape => {
      const count = left.shift()
      if (count === undefined) throw new Error('there is no end')
      return Array.from({ length: count }, () => shape.parse({ id: uuidv7() }))
    },
  }
}

it.each([
  ['in the middle of a page', [pageRows, pageRows, 3], 3],
  ['with a page', [pageRows, 0], 1],
  ['at once', [0], 0],
])('stops where the rows end %s, though more are written all the time', async (_, pages, expected) => {
  const nothing = databaseOf()
  const databases: Databases = {
    users: nothing,
    products: databaseOf(...pages),
    orders: nothing,
    notifications: nothing,
    'payment-simulator': nothing,
  }
  const read = await Array.fromAsync(productsOf(databases).pages())
  expect(read).toHaveLength(expected)
})
