import { hash } from 'node:crypto'
import { affected, type Executor } from '@supergraph/postgres/statements.ts'

/** Keeps texts, each once, and returns their hashes in the same order. */
export const keepDocuments = async (
  executor: Executor,
  texts: readonly string[],
): Promise<readonly string[]> => {
  const hashes = texts.map(text => hash('sha256', text))
  // n.b. in the order of the key, so that two publishes never wait for each other
  await affected(
    executor,
    `insert into documents (hash, text)
     select distinct hash, text from unnest($1::text[], $2::text[]) as given (hash, text) order by hash
     on conflict do nothing`,
    [hashes, texts],
  )
  return hashes
}
