import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalogueLayouts, readCatalogue } from './catalogue.ts'
import { createRefusals } from './file/refusals.ts'
import { openTable } from './file/table.ts'
import { readText, UnusableFile } from './file/text.ts'
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

type Form = typeof form extends fc.Arbitrary<infer Value> ? Value : never
type Listed = { readonly name: string; readonly minor: number }

const form = fc.record({
  separator: fc.constantFrom(',', ';', '\t', '|'),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  mark: fc.constantFrom('.', ','),
  isQuoted: fc.boolean(),
  encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be'),
})
// n.b. values are trimmed and composed, and damaged characters are refused
const name = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map(text => `N${text.normalize('NFC')}n`)
  .filter(text => !/[\p{Cc}\ufffd]/u.test(text) && text.normalize('NFC') === text)
const lines = fc.array(
  fc.record({
    name: fc.oneof(
      name,
      name.map(text => `${text}\n"x";,|\t${text}`),
    ),
    minor: fc.nat(),
  }),
)

const fileOf = (
  { separator, end, mark, isQuoted, encoding }: Form,
  products: readonly Listed[],
  badLineAt?: number,
) => {
  const quoted = (value: string) =>
    isQuoted || /[,;|\t"\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  const rows = products.map(({ name, minor }, index) => [
    `S${index}`,
    name,
    `${Math.floor(minor / 100)}${mark}${String(minor % 100).padStart(2, '0')}`,
    'EUR',
  ])
  const text = [['sku', 'name', 'price', 'currency'], ...rows].map(row => row.map(quoted).join(separator))
  if (badLineAt !== undefined) {
    text.splice(1 + (badLineAt % text.length), 0, ['X', '"open', '1', 'EUR'].join(separator))
  }
  return encoded(`\ufeff${text.join(end)}`, encoding)
}

it('reads every product in every form that a file can have', () => {
  fc.assert(
    fc.property(form, lines, (form, products) => {
      fc.pre(products.length > 0)
      const found = read({ bytes: fileOf(form, products) })
      expect(found.refused).toEqual([])
      expect(found.products.map(({ name, priceMinor }) => ({ name, minor: priceMinor }))).toEqual(products)
    }),
  )
})

it('loses no more than the line that opens a quote and does not close it', () => {
  fc.assert(
    fc.property(form, lines, fc.nat(), (form, products, badLineAt) => {
      const found = read({ bytes: fileOf(form, products, badLineAt) })
      expect(found.refused).toEqual([expect.stringContaining('bad quote: A quote is opened and not closed.')])
      expect(found.products.map(({ name }) => name)).toEqual(products.map(({ name }) => name))
    }),
  )
})

it('says in a sentence what is wrong with any bytes whatever', () => {
  const header = Buffer.from('sku,name,price,currency\n')
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), (bytes, hasHeader) => {
      try {
        const { products } = read({ bytes: hasHeader ? Buffer.concat([header, bytes]) : bytes })
        expect(JSON.stringify(products)).not.toMatch(/\ufffd|\\u0000/)
      } catch (error) {
        expect(error).toBeInstanceOf(UnusableFile)
      }
    }),
    { numRuns: 300 },
  )
})
