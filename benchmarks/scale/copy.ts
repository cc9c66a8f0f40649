import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'

/** A value of a row: null is NULL, an object becomes JSON. */
export type Value = string | number | boolean | null | Readonly<Record<string, unknown>>

const rowsPerWrite = 1_000

/** Fills a table by COPY from a file, which the session's server must be able to read; the session's role must be a superuser. */
export const copyRows = async (
  session: Client,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly Value[]>,
): Promise<void> => {
  const file = join(tmpdir(), `supergraph-rows-${crypto.randomUUID()}`)
  try {
    await writeFile(file, linesOf(rows))
    await session.query(
      `copy ${escapeIdentifier(table)} (${columns.map(escapeIdentifier).join(', ')}) from ${escapeLiteral(file)}`,
    )
  } finally {
    await rm(file, { force: true })
  }
}

function* linesOf(rows: Iterable<readonly Value[]>): Generator<string> {
  let lines: string[] = []
  for (const row of rows) {
    lines.push(row.map(textOf).join('\t'))
    if (lines.length < rowsPerWrite) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

const textOf = (value: Value): string => {
  if (value === null) return '\\N'
  return typeof value === 'object' ? JSON.stringify(value).replaceAll('\\', '\\\\') : String(value)
}
