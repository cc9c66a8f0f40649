import { parseInput } from '@supergraph/subgraph/input.ts'
import { describe, expect, it } from 'vitest'
import { newProduct, productChanges, stockAdjustment } from './product-input.ts'

const mug = {
  sku: 'MUG-STONE-350',
  name: 'Stoneware mug',
  description: '',
  priceMinor: 1_800,
  currency: 'EUR',
  available: 0,
}

describe('newProduct', () => {
  it('takes a product without category and image, and trims its texts', () => {
    expect(parseInput(newProduct, { ...mug, name: '  Stoneware mug ' })).toEqual(mug)
  })

  it.each([
    ['sku', ''],
    ['sku', 'X'.repeat(65)],
    ['name', '   '],
    ['name', 'X'.repeat(201)],
    ['name', 'a\u0000b'],
    ['name', 'a\ud800b'],
    ['description', 'X'.repeat(5_001)],
    ['category', ''],
    ['priceMinor', -1],
    ['currency', 'eur'],
    ['priceMinor', 2 ** 53],
    ['priceMinor', 1.5],
    ['currency', 'XYZ'],
    ['currency', 'DEM'],
    ['currency', 'XAU'],
    ['currency', 'XXX'],
    ['currency', 'CLF'],
    ['currency', 'toString'],
    ['available', -1],
    ['imageUrl', 'http://images.example.com/mug.jpg'],
    ['imageUrl', 'javascript:alert(1)'],
    ['imageUrl', 'mug.jpg'],
    ['imageUrl', 'https://user:password@images.example.com/mug.jpg'],
    ['imageUrl', 'https://user@images.example.com/mug.jpg'],
    ['imageUrl', 'https://@images.example.com/mug.jpg'],
    ['imageUrl', 'https:mug.jpg'],
    ['imageUrl', 'https:///mug.jpg'],
    ['imageUrl', 'https:\\\\images.example.com\\mug.jpg'],
    ['imageUrl', 'https://images.example.com\\@evil.example/mug.jpg'],
    ['imageUrl', 'https://images.example.com/a mug.jpg'],
    ['imageUrl', 'https://images.example.com/mug\n.jpg'],
    ['imageUrl', 'https://images.example.com:99999/mug.jpg'],
    ['imageUrl', 'data:image/png;base64,AAAA'],
  ])('names %s when it is %j', (field, value) => {
    expect(parseInput(newProduct, { ...mug, [field]: value })).toMatchObject({ kind: 'invalidInput', field })
  })

  it.each([
    [2 ** 53 - 1, 'IDR'],
    [2_500_000_000, 'HUF'],
    [0, 'XOF'],
  ])('takes a price of %d %s', (priceMinor, currency) => {
    expect(parseInput(newProduct, { ...mug, priceMinor, currency })).toMatchObject({ priceMinor, currency })
  })

  it('takes an https image', () => {
    for (const imageUrl of [
      'https://images.example.com/mug.jpg?size=2',
      'HTTPS://images.example.com:8443',
      'https://bilder.käse.example/Käse.jpg#oben',
      'https://[2001:db8::1]/@scope/mug.jpg?user=a@b',
    ]) {
      expect(parseInput(newProduct, { ...mug, imageUrl })).toMatchObject({ imageUrl })
    }
  })
})

describe('productChanges', () => {
  it('keeps absent fields absent, and lets category and image alone be taken away', () => {
    expect(parseInput(productChanges, { productId: 'x', category: null, imageUrl: null })).toEqual({
      category: null,
      imageUrl: null,
    })
    expect(parseInput(productChanges, { name: null })).toMatchObject({ kind: 'invalidInput', field: 'name' })
    expect(parseInput(productChanges, { priceMinor: null })).toMatchObject({ field: 'priceMinor' })
  })
})

describe('stockAdjustment', () => {
  it('refuses a change of 0 and an empty reason', () => {
    expect(parseInput(stockAdjustment, { delta: 0, reason: 'count' })).toMatchObject({ field: 'delta' })
    expect(parseInput(stockAdjustment, { delta: 1, reason: ' ' })).toMatchObject({ field: 'reason' })
  })
})
