import { expect, it } from 'vitest'
import { formatMoney } from './money.ts'

it.each([
  [125_000, 'HUF', 'hu', '1250,00 Ft'],
  [125_000, 'HUF', 'en', 'HUF 1,250.00'],
  [2_500_000_000, 'IDR', 'id', 'Rp 25.000.000,00'],
  [1_500, 'JPY', 'ja', '¥1,500'],
  [1_250, 'KWD', 'en', 'KWD 1.250'],
  [1_234_567, 'EUR', 'de', '12.345,67 €'],
  [1_234_567, 'INR', 'en-IN', '₹12,345.67'],
  [-5, 'EUR', 'en', '-€0.05'],
  [0, 'USD', 'en', '$0.00'],
  [-0, 'USD', 'en', '$0.00'],
  [9_007_199_254_740_991, 'EUR', 'en', '€90,071,992,547,409.91'],
  [-9_007_199_254_740_991, 'KWD', 'en', '-KWD 9,007,199,254,740.991'],
])('writes %d %s for %s as %s', (amountMinor, currency, locale, text) => {
  const written = formatMoney({ amountMinor, currency }, locale)
  expect(written.replace(/[\u00a0\u202f]/g, ' ').replace('￥', '¥')).toBe(text)
})
