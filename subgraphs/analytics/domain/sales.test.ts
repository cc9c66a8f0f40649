import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OrderFact } from './order-fact.ts'
import { changeOf, type Figures, type Sales, salesOf } from './sales.ts'

const sale = {
  kind: 'confirmed',
  version: 2,
  day: '2026-03-01',
  currency: 'EUR',
  lines: [
    { productId: 'cup', quantity: 3, unitPriceMinor: 1_000 },
    { productId: 'pot', quantity: 1, unitPriceMinor: 5_000 },
  ],
} as const satisfies OrderFact
const refund = {
  kind: 'refunded',
  version: 3,
  day: '2026-03-05',
  amountMinor: 1_000,
  isFull: false,
  items: [{ productId: 'cup', quantity: 1 }],
} as const satisfies OrderFact

const sold = (productId: string, unitsSold: number, soldMinor: number) => ({
  ...{ day: '2026-03-01', productId, currency: 'EUR', unitsSold, soldMinor },
  ...{ unitsReturned: 0, returnedMinor: 0 },
})
const returned = (productId: string, unitsReturned: number, returnedMinor: number) => ({
  ...{ day: '2026-03-05', productId, currency: 'EUR', unitsReturned, returnedMinor },
  ...{ unitsSold: 0, soldMinor: 0 },
})
const both = [sold('cup', 3, 3_000), sold('pot', 1, 5_000)]

describe('salesOf', () => {
  it('counts an order on the day of its confirmation, and a refund on its own day', () => {
    expect(salesOf([sale])).toEqual(both)
    expect(salesOf([sale, refund])).toEqual([...both, returned('cup', 1, 1_000)])
  })

  it('takes back what is left when the order is cancelled or refunded in full', () => {
    const left = [returned('cup', 3, 3_000), returned('pot', 1, 5_000)]
    const cancelled = { kind: 'cancelled', version: 4, day: '2026-03-05' } as const
    const full = { ...refund, version: 4, amountMinor: 7_000, isFull: true, items: [] }
    for (const end of [cancelled, full]) {
      expect(salesOf([sale, end])).toEqual([...both, ...left])
      expect(salesOf([sale, refund, end])).toEqual([...both, ...left])
    }
  })

  it('takes back nothing more of a refund that ends after the cancellation', () => {
    const cancelled = { kind: 'cancelled', version: 3, day: '2026-03-05' } as const
    expect(salesOf([sale, cancelled, { ...refund, version: 4 }])).toEqual(salesOf([sale, cancelled]))
  })

  it('undoes a refund that the bank sends back, on that day, unless the order is called off', () => {
    const full = { ...refund, refundId: 'r', amountMinor: 8_000, isFull: true, items: [] }
    const failed = { kind: 'refundFailed', version: 4, day: '2026-03-05', refundId: 'r' } as const
    expect(changeOf([], salesOf([sale, full, failed]))).toEqual(both)
    expect(salesOf([sale, { ...refund, refundId: 'r' }, { ...failed, day: '2026-03-09' }])).toEqual([
      ...both,
      returned('cup', 1, 1_000),
      { ...returned('cup', -1, -1_000), day: '2026-03-09' },
    ])
    expect(salesOf([sale, { ...failed, refundId: 'another' }])).toEqual(both)
    const cancelled = { kind: 'cancelled', version: 4, day: '2026-03-05' } as const
    const before = [sale, { ...refund, refundId: 'r' }, cancelled]
    expect(salesOf([...before, { ...failed, version: 5 }])).toEqual(salesOf(before))
  })

  it('counts nothing of an order that was cancelled before it was confirmed', () => {
    expect(salesOf([{ kind: 'cancelled', version: 2, day: '2026-03-05' }])).toEqual([])
  })

  it('shares out money that covers no units, or more than theirs, over all that is left', () => {
    expect(salesOf([sale, { ...refund, amountMinor: 801, items: [] }])).toEqual([
      ...both,
      returned('cup', 0, 300),
      returned('pot', 0, 501),
    ])
    expect(salesOf([sale, { ...refund, amountMinor: 1_700 }])).toEqual([
      ...both,
      returned('cup', 1, 1_200),
      returned('pot', 0, 500),
    ])
  })
})

const histories = fc
  .record({
    lines: fc.array(
      fc.record({ quantity: fc.integer({ min: 1, max: 5 }), unitPriceMinor: fc.nat(2_000_000_000) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
    refunds: fc.array(
      fc.record({
        isFull: fc.boolean(),
        amountMinor: fc.nat(2_000_000_000),
        items: fc.array(
          fc.record({
            productId: fc.constantFrom('p0', 'p1', 'p2', 'p3', 'p4'),
            quantity: fc.integer({ min: 1, max: 6 }),
          }),
          { maxLength: 3 },
        ),
        fails: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    isCancelled: fc.boolean(),
  })
  .map(({ lines, refunds, isCancelled }): readonly OrderFact[] => {
    const confirmed = {
      ...sale,
      lines: lines.map((line, index) => ({ ...line, productId: `p${index}` })),
    }
    const returns = refunds.flatMap(({ fails, ...details }, index): readonly OrderFact[] => {
      const about = { version: 3 + 2 * index, day: `2026-03-0${2 + index}`, refundId: `r${index}` }
      const failed = { ...about, kind: 'refundFailed' as const, version: about.version + 1 }
      return [{ ...about, ...details, kind: 'refunded' }, ...(fails ? [failed] : [])]
    })
    const end = { kind: 'cancelled' as const, version: 20, day: '2026-03-09' }
    return [confirmed, ...returns, ...(isCancelled ? [end] : [])]
  })
const inSomeOrder = histories.chain(history =>
  fc.record({
    history: fc.constant(history),
    arrivals: fc
      .array(fc.constantFrom(...history))
      .chain(doubles =>
        fc.shuffledSubarray([...history, ...doubles], { minLength: history.length + doubles.length }),
      ),
  }),
)

/** The figures that a consumer has after these arrivals, each of which adds its difference. */
const arrive = (arrivals: readonly OrderFact[]): readonly Sales[] => {
  const known: OrderFact[] = []
  let figures: readonly Sales[] = []
  for (const fact of arrivals) {
    if (known.some(({ version }) => version === fact.version)) continue
    const change = changeOf(salesOf(known), salesOf([...known, fact]))
    known.push(fact)
    figures = changeOf(change.map(negative), figures)
  }
  return figures
}

const negative = (sales: Sales): Sales => ({
  ...sales,
  unitsSold: -sales.unitsSold,
  unitsReturned: -sales.unitsReturned,
  soldMinor: -sales.soldMinor,
  returnedMinor: -sales.returnedMinor,
})

const totalOf = (sales: readonly Sales[], figure: keyof Figures) =>
  sales.reduce((total, entry) => total + entry[figure], 0)

it('comes to the same figures whatever the order in which facts arrive, and however often', () => {
  fc.assert(
    fc.property(inSomeOrder, ({ history, arrivals }) => {
      expect(arrive(arrivals)).toEqual(changeOf([], salesOf(history)))
    }),
    { numRuns: 500 },
  )
})

it('never returns more of a product than was sold of it, and everything of an order that is called off', () => {
  fc.assert(
    fc.property(histories, history => {
      const sales = salesOf(history)
      for (const entries of Map.groupBy(sales, ({ productId }) => productId).values()) {
        expect(totalOf(entries, 'unitsReturned')).toBeLessThanOrEqual(totalOf(entries, 'unitsSold'))
        expect(totalOf(entries, 'returnedMinor')).toBeLessThanOrEqual(totalOf(entries, 'soldMinor'))
      }
      for (const { unitsReturned, returnedMinor } of sales) {
        expect(Math.min(unitsReturned, returnedMinor)).toBeGreaterThanOrEqual(0)
      }
      const stays = (version: number) =>
        !history.some(fact => fact.kind === 'refundFailed' && fact.version === version + 1)
      const isCalledOff = history.some(
        fact => fact.kind === 'cancelled' || (fact.kind === 'refunded' && fact.isFull && stays(fact.version)),
      )
      if (!isCalledOff) return
      expect(totalOf(sales, 'unitsReturned')).toBe(totalOf(sales, 'unitsSold'))
      expect(totalOf(sales, 'returnedMinor')).toBe(totalOf(sales, 'soldMinor'))
    }),
    { numRuns: 500 },
  )
})
