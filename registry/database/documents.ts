import { createHash } from 'node:crypto'
import { affected, type Executor } from '@supergraph/postgres/statements.ts'

/** The name under which a text is kept. */
const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Keeps texts, each once, and returns their hashes in the same order. */
export const keepDocuments = async (
  executor: Executor,
  texts: readonly string[],
): Promise<readonly string[]> => {
  const hashes = texts.map(hashOfText)
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
