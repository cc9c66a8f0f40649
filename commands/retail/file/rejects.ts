import { appendFileSync, closeSync, openSync, readSync, rmSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import type { FileRecord } from './records.ts'
import type { Table } from './table.ts'

/** The list of refused lines: a CSV file that can be mended and imported, since each line follows as it was. */
export type Rejects = {
  readonly path: string
  readonly add: (record: FileRecord, reason: string) => void
  readonly count: () => number
}

/** Where the refused lines of a file are listed unless another path is given. */
const defaultRejectsPath = (file: string): string =>
  join(dirname(file), `${basename(file, extname(file))}.rejects.csv`)

/**
 * Lists refused lines in the file `path`, each as soon as it is refused; the list of an earlier run is removed at once.
 * Without a refused line there is no file. Throws if `path` is the input, or a file that is no such list.
 */
export const createRejects = (
  { file, path = defaultRejectsPath(file) }: { readonly file: string; readonly path?: string | undefined },
  { header, separator }: Pick<Table, 'header' | 'separator'>,
): Rejects => {
  removeList(file, path)
  let count = 0
  const append = (line: string): void => {
    try {
      appendFileSync(path, `${line}\n`, { flag: count === 0 ? 'ax' : 'a' })
    } catch (error) {
      throw notWritable(path, error)
    }
  }
  return {
    path,
    count: () => count,
    add: ({ line, text }, reason) => {
      if (count === 0) append(`\ufeffline${separator}reason${separator}${header.text}`)
      count += 1
      append(`${line}${separator}${quoted(reason, separator)}${separator}${text}`)
    },
  }
}

const notWritable = (path: string, error: unknown): ExpectedError =>
  new ExpectedError(`${path} can't be written (${messageOf(error)}): name another file with --rejects`)

const removeList = (file: string, path: string): void => {
  const known = statOf(path)
  if (known === undefined) return
  const input = statOf(file)
  if (input?.ino === known.ino && input.dev === known.dev) {
    throw new ExpectedError(`${path} is the input: name another file with --rejects`)
  }
  if (!known.isFile()) throw new ExpectedError(`${path} is no file: name another with --rejects`)
  if (known.size > 0 && !isList(path)) {
    throw new ExpectedError(
      `${path} exists, and is no list of refused lines: name another file with --rejects`,
    )
  }
  try {
    rmSync(path)
  } catch (error) {
    throw notWritable(path, error)
  }
}

const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw notWritable(path, error)
  }
}

const isList = (path: string): boolean => {
  const start = Buffer.alloc(16)
  const input = openSync(path, 'r')
  try {
    readSync(input, start)
  } finally {
    closeSync(input)
  }
  return /^\ufeffline[,;|\t]reason[,;|\t]/.test(start.toString())
}

const quoted = (text: string, separator: string): string =>
  text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
