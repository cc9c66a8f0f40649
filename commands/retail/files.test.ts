import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogueLayouts, readCatalogue } from './catalogue.ts'
import { createRefusals } from './file/refusals.ts'
import { openTable } from './file/table.ts'
import { readText } from './file/text.ts'
import { encoded, encodings, type FileCase, forms, prices, valuesOfProducts } from './files.fixture.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'supergraph-files-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = ({ bytes, encoding }: Pick<FileCase, 'bytes' | 'encoding'>) => {
  const file = join(folder, 'x.csv')
  writeFileSync(file, bytes)
  const { text } = readText(file, encoding === undefined ? undefined : new TextDecoder(encoding))
  const table = openTable(file, text, catalogueLayouts)
  const refused: string[] = []
  const list = createRefusals(({ line }, reason) => void refused.push(`${line} ${reason}`))
  const products = readCatalogue(file, { table, dates: undefined }, list)
  return { products, refused }
}

describe.each([
  { what: 'encodings', cases: encodings },
  { what: 'lines and columns', cases: forms },
  { what: 'values', cases: valuesOfProducts },
])('reads or refuses files with all kinds of $what', ({ cases }) => {
  it.each(cases)('$title', ({ unusable, products = [], refused = [], ...file }) => {
    if (unusable !== undefined) return expect(() => read(file)).toThrow(unusable)
    const found = read(file)
    expect(found.products.map(described)).toEqual(products)
    expect(found.refused).toEqual(refused.map(reason => expect.stringMatching(beginningWith(reason))))
  })
})

const described = ({
  sku,
  name,
  priceMinor,
  currency,
  available,
}: ReturnType<typeof read>['products'][number]) =>
  `${sku} ${name} ${priceMinor} ${currency}${available === 0 ? '' : ` ×${available}`}`

const beginningWith = (text: string) => new RegExp(`^${RegExp.escape(text)}`)

it.each(prices)('reads or refuses the price %s %s', (price, currency, minor) => {
  const { products, refused } = read({ bytes: list([`A;Mug;${price};${currency}`]) })
  expect(products.map(({ priceMinor }) => priceMinor)).toEqual(typeof minor === 'number' ? [minor] : [])
  expect(refused).toEqual(typeof minor === 'number' ? [] : [expect.stringContaining(minor)])
})

const list = (lines: readonly string[]) => encoded(['sku;name;price;currency', ...lines].join('\n'), 'utf-8')

it.each([
  ['2,50', ['1.250;EUR', '1,250;EUR', '1.250;KWD', '3,5;EUR'], [125_000, 125, 1_250_000, 350]],
  ['2.50', ['1.250;EUR', '1,250;EUR', '1,250;KWD', '3,5;EUR'], ['1.250', '1,250', '1,250', 350]],
  ['2.50', ['1.250;EUR', '1,250;EUR', '1,250;KWD', '1,250;JPY'], [125, 125_000, 1_250_000, 1_250]],
])('reads prices that could mean two things as the price %s in the same file is written', (price, others, minor) => {
  const { products, refused } = read({
    bytes: list([`sample;Mug;${price};EUR`, ...others.map((other, index) => `${index};Mug;${other}`)]),
  })
  expect(products.slice(1).map(({ priceMinor }) => priceMinor)).toEqual(
    minor.filter(one => typeof one === 'number'),
  )
  expect(refused).toEqual(
    minor.filter(one => typeof one === 'string').map(one => expect.stringContaining(`“${one}” can mean`)),
  )
})
