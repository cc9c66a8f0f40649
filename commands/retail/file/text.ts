import { isUtf8 } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'
import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { firstForeignLine } from './windows-1252.ts'

/** A file that can't be used at all; the message says why, and what to do. */
export class UnusableFile extends ExpectedError {}

/** A file's text, and the encoding in which it was read, by a name for people. */
type FileText = { readonly text: string; readonly encoding: string }

const utf8Mark = '\xef\xbb\xbf'
const maxFileBytes = 256 * 1024 * 1024

/**
 * Reads a text file as UTF-8, UTF-16 or Windows-1252, whichever it is, or as `encoding` if that is given and the file has no
 * mark of UTF-8. A character that can't be decoded becomes `\ufffd`. Throws UnusableFile.
 */
export const readText = (file: string, encoding?: TextDecoder): FileText => {
  const bytes = readBytes(file)
  if (bytes.length === 0) throw new UnusableFile(`${file} is empty`)
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  const [, problem] = otherFiles.find(([other]) => start.startsWith(other)) ?? []
  if (problem !== undefined) throw new UnusableFile(`${file} ${problem}`)
  const { text, encoding: name } =
    encoding === undefined || start.startsWith(utf8Mark)
      ? decode(file, bytes, start)
      : { text: encoding.decode(bytes), encoding: encoding.encoding.toUpperCase() }
  // n.b. files of DOS end with a Ctrl-Z
  return { text: text.endsWith('\x1a') ? text.slice(0, -1) : text, encoding: name }
}

const readBytes = (file: string): Uint8Array => {
  try {
    const { size } = statSync(file)
    if (size > maxFileBytes) {
      throw new UnusableFile(
        `${file} has ${Math.ceil(size / 1024 / 1024)} MiB, and ${maxFileBytes / 1024 / 1024} MiB can be read at once: split it`,
      )
    }
    return readFileSync(file)
  } catch (error) {
    if (error instanceof UnusableFile) throw error
    const problem = unreadable[codeOf(error)] ?? `can't be read (${messageOf(error)})`
    throw new UnusableFile(`${file} ${problem}: give the path of a CSV file`, { cause: error })
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
}

const saveAsCsv = 'save the sheet as “CSV UTF-8” and give that file'

/** How files that are no text begin, and what to do with them. */
const otherFiles: readonly (readonly [start: string, problem: string])[] = [
  ['\x1f\x8b', 'is a gzip archive: unpack it first'],
  ['PK\x03\x04', `is an Excel workbook or a ZIP archive: ${saveAsCsv}, or unpack the archive`],
  ['\xd0\xcf\x11\xe0', `is an Excel workbook: ${saveAsCsv}`],
  ['BZh', 'is a bzip2 archive: unpack it first'],
  ['\xfd7zXZ', 'is an xz archive: unpack it first'],
  ['7z\xbc\xaf', 'is a 7-Zip archive: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'is a Zstandard archive: unpack it first'],
  ['%PDF', 'is a PDF: give a CSV file'],
  ['PAR1', 'is a Parquet file: export it as CSV'],
  ['SQLite format 3', 'is a SQLite database: export the table as CSV'],
  ['\xff\xfe\x00\x00', 'is UTF-32: save it as UTF-8'],
  ['\x00\x00\xfe\xff', 'is UTF-32: save it as UTF-8'],
  ['{"', 'is JSON: give a CSV file'],
  ['{\n', 'is JSON: give a CSV file'],
  ['[{', 'is JSON: give a CSV file'],
  ['[\n', 'is JSON: give a CSV file'],
  ['<', 'is an HTML or XML page: give a CSV file'],
]

const decode = (file: string, bytes: Uint8Array, start: string): FileText => {
  const utf16 = utf16Of(start)
  if (utf16 !== undefined)
    return { text: new TextDecoder(utf16).decode(bytes), encoding: utf16.toUpperCase() }
  const utf8 = { text: new TextDecoder().decode(bytes), encoding: 'UTF-8' }
  if (start.startsWith(utf8Mark) || isUtf8(bytes) || isDamagedUtf8(bytes, utf8.text)) return utf8
  const text = new TextDecoder('windows-1252').decode(bytes)
  const foreign = firstForeignLine(text)
  if (foreign === undefined) return { text, encoding: 'Windows-1252' }
  throw new UnusableFile(
    `${file} is neither UTF-8 nor Windows-1252 (line ${foreign}): save it as UTF-8, or name its encoding with --encoding, such as windows-1251 or shift_jis`,
  )
}

/** Which UTF-16 begins like this: by its mark, or else by the zero in every second byte of a header in Latin letters. */
const utf16Of = (start: string): string | undefined => {
  if (start.startsWith('\xff\xfe')) return 'utf-16le'
  if (start.startsWith('\xfe\xff')) return 'utf-16be'
  const zeros = [...start].map(character => (character === '\0' ? '0' : '1')).join('')
  if (zeros === '10'.repeat(8)) return 'utf-16le'
  return zeros === '01'.repeat(8) ? 'utf-16be' : undefined
}

/** Whether most characters beyond ASCII are good UTF-8, or the file just ends in the middle of one. */
const isDamagedUtf8 = (bytes: Uint8Array, decoded: string): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    let balance = 0
    for (let index = 0; index < decoded.length; index += 1) {
      const code = decoded.charCodeAt(index)
      if (code > 0x7f) balance += code === 0xfffd ? -1 : 1
    }
    return balance >= 0
  }
}
