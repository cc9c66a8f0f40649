import { currencies } from '@supergraph/money/money.ts'
import { toMinor, toUnits } from '@supergraph/money/stripe-units.ts'
import { checkCharge, checkSteps } from '@supergraph/payment-simulator/amounts.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Money } from '../domain/order.ts'
import { whyUneven, whyUnpayable } from './stripe-amounts.ts'

describe('an amount', () => {
  it.each([
    ['EUR', 1_250, 1_250],
    ['JPY', 1_250, 1_250],
    ['HUF', 125_000, 125_000],
    ['KWD', 1_250, 1_250],
    ['IDR', 2_500_000_000, 2_500_000_000],
    ['ISK', 1_500, 150_000],
    ['UGX', 3_700, 370_000],
    ['MGA', 450_000, 4_500],
  ])('in %s of %d is sent to Stripe as %d', (currency, amountMinor, units) => {
    expect(toUnits({ amountMinor, currency })).toBe(units)
  })
})

/** The least and the most that can be paid, in minor units of ISO 4217; null is no least amount. */
const limits = [
  ['USD', 50, 99_999_999],
  ['EUR', 50, 99_999_999],
  ['GBP', 30, 99_999_999],
  ['JPY', 50, 9_999_999_999],
  ['KRW', 50, 99_999_999],
  ['HUF', 17_500, 9_999_999_999],
  ['DKK', 250, 99_999_999],
  ['NOK', 300, 99_999_999],
  ['SEK', 300, 99_999_999],
  ['CZK', 1_500, 99_999_999],
  ['PLN', 200, 99_999_999],
  ['MXN', 1_000, 99_999_999],
  ['HKD', 400, 99_999_999],
  ['THB', 1_000, 99_999_999],
  ['AED', 200, 99_999_999],
  ['INR', 50, 999_999_999],
  ['IDR', 50, 999_999_999_999],
  ['COP', 50, 9_999_999_999],
  ['ISK', 1, 999_999],
  ['UGX', 1, 999_999],
  ['VND', 1, 99_999_999],
  ['KWD', 10, 99_999_990],
  ['MGA', 100, 9_999_999_900],
] as const

describe.each(limits)('in %s', (currency, least, most) => {
  it(`from ${least} to ${most} can be paid, and nothing beside it`, () => {
    const why = (amountMinor: number) => whyUnpayable({ amountMinor, currency })
    expect([why(least), why(most)]).toEqual([undefined, undefined])
    if (least > 10 && currency !== 'MGA') {
      expect(why(least - 1)).toEqual({ kind: 'tooSmall', least: { amountMinor: least, currency } })
    }
    const beyond = { KWD: 100_000_000, MGA: 10_000_000_000 }[String(currency)] ?? most + 1
    expect(why(beyond)).toMatchObject({ kind: 'tooLarge', most: { currency } })
    expect(why(Number.MAX_SAFE_INTEGER)).toMatchObject({ kind: 'tooLarge' })
  })
})

it.each(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])('of three decimals in %s must end in 0', currency => {
  const uneven = { kind: 'uneven', step: { amountMinor: 10, currency } }
  for (const amountMinor of [5, 1_255, 99_999_989]) {
    expect(whyUnpayable({ amountMinor, currency })).toEqual(uneven)
    expect(whyUneven({ amountMinor, currency })).toEqual(uneven)
  }
  expect(whyUneven({ amountMinor: 10, currency })).toBeUndefined()
})

it('in MGA must be whole ariary', () => {
  const uneven = { kind: 'uneven', step: { amountMinor: 100, currency: 'MGA' } }
  for (const amountMinor of [1, 1_250, 9_999_999_899]) {
    expect(whyUnpayable({ amountMinor, currency: 'MGA' })).toEqual(uneven)
    expect(whyUneven({ amountMinor, currency: 'MGA' })).toEqual(uneven)
  }
})

it.each([
  'ISK',
  'MGA',
  'UGX',
  'KWD',
  'EUR',
])('in %s is what it was, once it is read back from Stripe', currency => {
  for (const amountMinor of [100, 700, 2_900, 999_900]) {
    expect(toMinor(toUnits({ amountMinor, currency }), currency)).toBe(amountMinor)
  }
})

it.each(['LYD', 'IQD', 'CUP', 'KPW', 'CLF', 'XAU', 'QQQ'])('can not be paid in %s', currency => {
  expect(whyUnpayable({ amountMinor: 10_000, currency })).toEqual({ kind: 'currency' })
})

it('is refused beforehand if, and only if, the payment provider would not charge it, or not return it', () => {
  const isTaken = (check: typeof checkCharge, amount: Money) => {
    try {
      check(toUnits(amount), amount.currency.toLowerCase())
      return true
    } catch {
      return false
    }
  }
  const ends = [1, 5, 10, 30, 50, 100, 175, 200, 250, 300, 400, 1_000, 1_500, 17_500].flatMap(least => [
    least - 1,
    least,
  ])
  const tops = [6, 8, 9, 10, 11, 12].flatMap(digits => [10 ** digits - 10, 10 ** digits - 1, 10 ** digits])
  const amounts = fc.oneof(
    fc.constantFrom(...ends.filter(amount => amount > 0), ...tops),
    fc.integer({ min: 1, max: 10 ** 13 }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...currencies), amounts, (currency, amountMinor) => {
      const amount = { amountMinor, currency }
      const why = whyUnpayable(amount)
      expect([currency, amountMinor, why === undefined]).toEqual([
        currency,
        amountMinor,
        isTaken(checkCharge, amount),
      ])
      if (why?.kind !== 'currency') expect(whyUneven(amount) === undefined).toBe(isTaken(checkSteps, amount))
    }),
    { seed: 402, numRuns: 20_000 },
  )
})
