import { createIndexConcurrently, dropIndexConcurrently } from '@supergraph/postgres/indexes.ts'
import type { QueryRunner } from 'typeorm'

/** Keeps the products of each category in every order in which they are listed, so that a page reads no other products. */
export class SortCategories1796486400000 {
  readonly name = 'SortCategories1796486400000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, column] of sorted)
      await createIndexConcurrently(
        runner,
        `products_by_category_and_${name}`,
        `products (category, ${column}, id) where archived_at is null`,
      )
    await dropIndexConcurrently(runner, 'products_by_category')
  }
}

const sorted = [
  ['age', 'created_at'],
  ['name', 'name collate "und-x-icu"'],
  ['price', 'price_minor'],
] as const
