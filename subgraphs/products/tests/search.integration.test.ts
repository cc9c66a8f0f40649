import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openProductsDatabase } from '../database/open.ts'
import { createProductStore, type ProductStore } from '../database/product-store.ts'

const catalogue = {
  'NOTE-A5-DOT': ['Notebook A5', 'Dotted “notebook” for café crème—lovers, 90 g/m²'],
  'MUG-ENAMEL-350': ['Enamel mug', 'Holds 350 ml; don’t microwave'],
  AB1234X: ['Jürgen’s Straße in Ærø', 'From Łódź to İstanbul, ﬁne Smørrebrød'],
  'RU-1': ['Ёлка', 'Привет, мир!'],
  'GR-1': ['Καφές', 'Ελληνικός'],
  'VN-1': ['Cà phê sữa đá', 'Việt Nam'],
  'JP-1': ['ノートブック', 'ｶﾞﾗｽ・ペン「青」'],
  'KR-1': ['한국어 공책', ''],
  'HI-1': ['कॉफ़ी मग', ''],
  'AR-1': ['قَهْوَة', '٣٥٠ غرام'],
  'HE-1': ['קָפֶה', ''],
  'BRICK-1': ['Bricko™ bricks®', 'With ℠Service'],
  'BRICK-2': ['Bricko bricks', ''],
  'TH-1': ['Thermos', 'For the road'],
} as const

const searches = [
  ['noteb', ['NOTE-A5-DOT']],
  ['notebooks', ['NOTE-A5-DOT']],
  ['note\u00ad\u200dbook', ['NOTE-A5-DOT']],
  ['ｎｏｔｅｂｏｏｋ', ['NOTE-A5-DOT']],
  ['cafe creme', ['NOTE-A5-DOT']],
  ['CAFÉ CRÈME', ['NOTE-A5-DOT']],
  ['cafe\u0301', ['NOTE-A5-DOT']],
  ['bricko', ['BRICK-1', 'BRICK-2']],
  ['Bricko™', ['BRICK-1', 'BRICK-2']],
  ['"bricko bricks"', ['BRICK-1', 'BRICK-2']],
  ['Bricko® Bricks™', ['BRICK-1', 'BRICK-2']],
  ['services', ['BRICK-1']],
  ['\u337f'.repeat(200), []],
  ['\ufdfa'.repeat(200), []],
  ['lovers', ['NOTE-A5-DOT']],
  ['m2', ['NOTE-A5-DOT']],
  ['MUG-ENA', ['MUG-ENAMEL-350']],
  ['ENAMEL-350', ['MUG-ENAMEL-350']],
  ['mugenamel350', ['MUG-ENAMEL-350']],
  ['enamel\u2011mug', ['MUG-ENAMEL-350']],
  ['enamel\u202f\u2009mug', ['MUG-ENAMEL-350']],
  ['“enamel mug”', ['MUG-ENAMEL-350']],
  ["don't microwave", ['MUG-ENAMEL-350']],
  ["don't", []],
  ['350', ['MUG-ENAMEL-350', 'AR-1']],
  ['٣٥٠', ['MUG-ENAMEL-350', 'AR-1']],
  ['ab1234', ['AB1234X']],
  ['1234', ['AB1234X']],
  ['jurgen', ['AB1234X']],
  ['jürgens', ['AB1234X']],
  ['STRASSE', ['AB1234X']],
  ['aero', ['AB1234X']],
  ['lodz', ['AB1234X']],
  ['istanbul', ['AB1234X']],
  ['fine', ['AB1234X']],
  ['smorrebrod', ['AB1234X']],
  ['елка', ['RU-1']],
  ['прив', ['RU-1']],
  ['мир', ['RU-1']],
  ['ΚΑΦΕΣ', ['GR-1']],
  ['ca phe sua da', ['VN-1']],
  ['viet nam', ['VN-1']],
  ['ガラス', ['JP-1']],
  ['ペン', ['JP-1']],
  ['青', ['JP-1']],
  ['한국', ['KR-1']],
  ['कॉफ', ['HI-1']],
  ['قهوة', ['AR-1']],
  ['קפה', ['HE-1']],
  ['the', []],
  ['thermos for the road', ['TH-1']],
  ['mug -enamel', []],
  ['mug or thermos', ['MUG-ENAMEL-350', 'TH-1']],
  ['"enamel" -"fits not"', ['MUG-ENAMEL-350']],
  ['nowhere', []],
  [":* & | ! <-> ' \\", []],
] as const

// n.b. PostgreSQL takes letters for words by the locale of the database
describe.each([undefined, 'C'])('a search of a database with the locale %j', locale => {
  let products: ProductStore
  let stop: () => Promise<void> = async () => undefined

  beforeAll(async () => {
    const testDatabase = await createTestDatabase(locale)
    const database = await openProductsDatabase(testDatabase.url)
    stop = async () => {
      await database.destroy()
      await testDatabase.drop()
    }
    products = createProductStore(database)
    for (const [sku, [name, description]] of Object.entries(catalogue)) {
      await products.create(
        {
          sku,
          name,
          description,
          category: null,
          priceMinor: 100,
          currency: 'EUR',
          available: 1,
          imageUrl: null,
        },
        'test',
      )
    }
  })
  afterAll(() => stop())

  it.each(searches)('for %j finds %j', async (search, skus) => {
    const page = await products.page({ filter: { search }, sort: 'RELEVANCE', limit: 100, after: undefined })
    expect(page.map(({ sku }) => sku).toSorted()).toEqual(skus.toSorted())
  })
})
