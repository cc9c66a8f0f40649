import type { QueryRunner } from 'typeorm'
import { z } from 'zod'

/**
 * Makes the products from before searchable, the oldest first, 1,000 in a transaction, while the release before goes on reading and writing.
 * It may end at any point: it begins again, and passes over what it has done.
 */
export class FillSearchWords1796400001000 {
  readonly name = 'FillSearchWords1796400001000'
  readonly transaction = false

  async up(runner: QueryRunner): Promise<void> {
    // n.b. nobody searches yet: entries of the index are added by the ten thousands, in half of the time
    await runner.query(
      'alter index searchable_products_by_words set (fastupdate = on, gin_pending_list_limit = 65536)',
    )
    for (let last: readonly string[] = ['-infinity', '00000000-0000-0000-0000-000000000000']; ; ) {
      const products = batch.parse(
        await runner.query(
          `select id, created_at::text as at from products
           where archived_at is null and (created_at, id) > ($1, $2)
           order by created_at, id limit 1000`,
          [...last],
        ),
      )
      const end = products.at(-1)
      if (end === undefined) break
      await addProducts(
        runner,
        products.map(({ id }) => id),
      )
      last = [end.at, end.id]
    }
    // n.b. a product that was archived while its batch was added
    await runner.query(`
      delete from searchable_products using products
      where products.id = searchable_products.product_id and archived_at is not null`)
    await runner.query('alter index searchable_products_by_words set (fastupdate = off)')
    await runner.query(`select gin_clean_pending_list('searchable_products_by_words')`)
    await countWords(runner)
    await runner.query('analyze products, searchable_products, search_words, sold_out_products')
  }
}

const batch = z.array(z.object({ id: z.string(), at: z.string() }))

const addProducts = async (runner: QueryRunner, ids: readonly string[]): Promise<void> => {
  await runner.query('select count(make_searchable($1))', [ids])
  // n.b. locked, because a product that comes back meanwhile has no row yet that its trigger could delete
  await runner.query(
    `insert into sold_out_products (product_id, created_at, price_minor, name)
     select id, created_at, price_minor, name from products
     where id = any ($1) and available = 0 and archived_at is null
     order by id for no key update
     on conflict do nothing`,
    [ids],
  )
}

/** n.b. PostgreSQL counts the words of all products in one pass, in a tenth of the time that counting by the batch takes. */
const countWords = async (runner: QueryRunner): Promise<void> => {
  await runner.startTransaction()
  try {
    await runner.query('delete from search_words')
    await runner.query(`
      insert into search_words (word, uses)
      select word, ndoc from ts_stat('select words from searchable_products', 'd')`)
    await runner.commitTransaction()
  } catch (error) {
    await runner.rollbackTransaction()
    throw error
  }
}
