import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalsOf as decimalsInClient } from '../../client/money.ts'
import { currencies, decimalsOf, formatMoney, isCurrency, parseAmount } from './money.ts'

/** Decimals by ISO 4217, where Intl or a payment provider may count otherwise. */
const decimals = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2: 'AFN ALL AUD BGN BRL CHF CNY COP CZK EUR GBP HRK HUF IDR INR IRR KPW LAK LBP MGA MMK MRU MXN PKR RSD SLE SOS SYP THB TRY TWD USD UZS VES YER ZAR ZMW',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
}

it.each(
  Object.entries(decimals).flatMap(([count, codes]) =>
    codes.split(' ').map(code => [code, Number(count)] as const),
  ),
)('counts the decimals of %s as ISO 4217 does: %i', (code, count) => {
  expect(decimalsOf(code)).toBe(count)
})

it('counts decimals as the client does, in every currency', () => {
  for (const currency of [...currencies, 'CLF', 'UYW']) {
    expect([currency, decimalsInClient(currency)]).toEqual([currency, decimalsOf(currency)])
  }
})

describe('what is sold in', () => {
  it.each('EUR USD HUF IDR JPY KWD XAF XOF XPF XCD XCG SLE VES ZWG'.split(' '))('is %s', code => {
    expect(isCurrency(code)).toBe(true)
  })

  it.each(
    'XXX XTS XAU XAG XPT XPD XDR XSU XUA XBA BOV CHE CHW CLF COU MXV USN UYI UYW DEM HRK BGN ITL eur Eur EURO E U€R toString'.split(
      ' ',
    ),
  )('is no fund, metal, test or former code, nor another text: %s', code => {
    expect(isCurrency(code)).toBe(false)
  })

  it('has about as many currencies as the world', () => {
    expect(currencies.length).toBeGreaterThan(150)
    expect(currencies.length).toBeLessThan(165)
    expect(currencies).toEqual(currencies.toSorted())
  })
})

describe('an amount', () => {
  it.each([
    [123_450, 'EUR', '€1,234.50'],
    [125_000, 'HUF', 'HUF\u00a01,250.00'],
    [2_500_000_000, 'IDR', 'IDR\u00a025,000,000.00'],
    [1_999, 'COP', 'COP\u00a019.99'],
    [500, 'JPY', '¥500'],
    [1_500, 'KWD', 'KWD\u00a01.500'],
    [5, 'KWD', 'KWD\u00a00.005'],
    [12_345, 'CLF', 'CLF\u00a01.2345'],
    [1_500, 'ISK', 'ISK\u00a01,500'],
    [0, 'USD', '$0.00'],
    [-0, 'USD', '$0.00'],
    [-0, 'JPY', '¥0'],
    [-5, 'EUR', '-€0.05'],
    [-123_456, 'EUR', '-€1,234.56'],
    [-500, 'JPY', '-¥500'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '€90,071,992,547,409.91'],
    [-Number.MAX_SAFE_INTEGER, 'KWD', '-KWD\u00a09,007,199,254,740.991'],
    [2n ** 53n + 1n, 'EUR', '€90,071,992,547,409.93'],
    [1_250, 'HRK', 'HRK\u00a012.50'],
  ] as const)('of %d %s is written as %s', (amountMinor, currency, text) => {
    expect(formatMoney({ amountMinor, currency })).toBe(text)
  })

  it.each([
    [123_450, 'EUR', 'de', '1.234,50 €'],
    [123_450, 'EUR', 'de-AT', '€ 1.234,50'],
    [1_500, 'JPY', 'de', '1.500 ¥'],
    [1_500, 'KWD', 'de', '1,500 KWD'],
    [125_000, 'HUF', 'de', '1.250,00 HUF'],
    [-5, 'EUR', 'de', '-0,05 €'],
  ] as const)('of %d %s is written in %s as %s', (amountMinor, currency, locale, text) => {
    expect(formatMoney({ amountMinor, currency }, locale).replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(text)
  })

  it('in a code whose decimals nobody knows is written in minor units, and says so', () => {
    expect(formatMoney({ amountMinor: 1_250, currency: 'QQQ' })).toBe('1,250 minor units of QQQ')
    expect(formatMoney({ amountMinor: -3, currency: 'not a code' })).toBe('-3 minor units of not a code')
  })
})

describe('a text', () => {
  it.each([
    ['1500', 'JPY', 1_500],
    ['1.250', 'KWD', 1_250],
    ['12.5', 'EUR', 1_250],
    ['12.50', 'EUR', 1_250],
    ['12', 'EUR', 1_200],
    ['0.07', 'EUR', 7],
    ['.5', 'EUR', 50],
    [' 12.50 ', 'EUR', 1_250],
    ['\u00a012.50\u00a0', 'EUR', 1_250],
    ['-0.05', 'EUR', -5],
    ['+3', 'EUR', 300],
    ['0', 'EUR', 0],
    ['-0', 'EUR', 0],
    ['007', 'EUR', 700],
    ['1.1', 'CLF', 11_000],
    ['1250', 'HUF', 125_000],
    ['25000000', 'IDR', 2_500_000_000],
    ['4.35', 'EUR', 435],
    ['1.005', 'BHD', 1_005],
    ['90071992547409.91', 'EUR', Number.MAX_SAFE_INTEGER],
  ] as const)('%j %s is %d', (text, currency, amountMinor) => {
    expect(parseAmount(text, currency)).toStrictEqual({ kind: 'amount', amountMinor })
  })

  it.each([
    ['1500.00', 'JPY', '1500.00 has 2 decimals, and JPY has none.'],
    ['1500.5', 'JPY', '1500.5 has 1 decimal, and JPY has none.'],
    ['12.505', 'EUR', '12.505 has 3 decimals, and EUR has 2.'],
    ['12.500', 'EUR', '12.500 has 3 decimals, and EUR has 2.'],
    ['1.2500', 'KWD', '1.2500 has 4 decimals, and KWD has 3.'],
    [
      '90071992547409.92',
      'EUR',
      '90071992547409.92 is more than 9007199254740991 of the smallest unit of EUR.',
    ],
    ['9'.repeat(40), 'JPY', `${'9'.repeat(40)} is more than 9007199254740991 of the smallest unit of JPY.`],
    ...[
      'cheap',
      '',
      ' ',
      '12,50',
      '1,250.00',
      '1 250',
      '12.',
      '.',
      '-',
      '1e3',
      '0x10',
      '١٢',
      '1.2.3',
      '--1',
      'NaN',
      'Infinity',
      '€12',
      '5-',
    ].map(text => [text, 'EUR', `"${text.trim()}" is no amount, such as 12.50.`] as const),
    ['12.50', 'EURO', '"EURO" is no currency code of ISO 4217, such as EUR.'],
    ['12.50', 'eur', '"eur" is no currency code of ISO 4217, such as EUR.'],
  ] as const)('%j %s is refused: %s', (text, currency, message) => {
    expect(parseAmount(text, currency)).toEqual({ kind: 'refused', message })
  })

  it('that is written is read as the same amount, in every currency', () => {
    fc.assert(
      fc.property(fc.constantFrom(...currencies), fc.maxSafeInteger(), (currency, amountMinor) => {
        const count = decimalsOf(currency)
        const text = formatMoney({ amountMinor, currency })
          .replace(/^(-?)[^\d]*/, '$1')
          .replaceAll(',', '')
        expect(text.split('.')[1]?.length ?? 0).toBe(count)
        expect(parseAmount(text, currency)).toStrictEqual({ kind: 'amount', amountMinor: amountMinor + 0 })
      }),
      { seed: 4_217, numRuns: 2_000 },
    )
  })
})
