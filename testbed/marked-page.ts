import { readFileSync, writeFileSync } from 'node:fs'

/** A place in a page of docs that a command fills: between two lines, which are there once each. */
export type Place = { readonly page: URL; readonly begin: string; readonly end: string }

/** What stands in the place. */
export const readPlace = (place: Place): string => split(place).inside.trim()

/** Replaces what stands in the place. */
export const writePlace = (place: Place, text: string): void => {
  const { before, after } = split(place)
  writeFileSync(place.page, `${before}${place.begin}\n\n${text}\n\n${place.end}${after}`)
}

/** A table in Markdown, whose first column is of words and whose other columns are of numbers. */
export const tableOf = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')

const split = ({ page, begin, end }: Place) => {
  const [before, rest] = readFileSync(page, 'utf8').split(begin)
  const [inside, after] = rest?.split(end) ?? []
  if (before === undefined || inside === undefined || after === undefined)
    throw new Error(`${page.pathname} has no place between ${begin} and ${end}`)
  return { before, inside, after }
}
