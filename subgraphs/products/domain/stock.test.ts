import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addUpLines,
  adjustStock,
  archiveStock,
  maxUnits,
  openStock,
  orderableUnits,
  putBackStock,
  type Stock,
  shortagesOf,
} from './stock.ts'

const now = new Date('2026-03-01T09:30:00.000Z')
const ids = ['a', 'b', 'c', 'd']

const stock = (id: string, onHand: number, reserved = 0, archivedAt: Date | null = null): Stock => ({
  id,
  sku: `SKU-${id}`,
  onHand,
  reserved,
  version: 1,
  archivedAt,
})

const shelves = fc.tuple(
  ...ids.map(id =>
    fc
      .record({ free: fc.nat(20), reserved: fc.nat(20), isArchived: fc.boolean() })
      .map(({ free, reserved, isArchived }) => stock(id, free + reserved, reserved, isArchived ? now : null)),
  ),
)
const basket = fc.array(
  fc.record({ productId: fc.constantFrom(...ids, 'unknown'), quantity: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 1, maxLength: 8 },
)

describe('addUpLines', () => {
  it('does not depend on how a basket is ordered or split into lines', () => {
    fc.assert(
      fc.property(basket, lines => {
        const units = lines.flatMap(({ productId, quantity }) =>
          Array.from({ length: quantity }, () => ({ productId, quantity: 1 })),
        )
        expect(addUpLines(units.toReversed())).toEqual(addUpLines(lines))
      }),
    )
  })
})

describe('shortagesOf', () => {
  it('names exactly the lines that ask for more than is free; of archived and unknown products nothing is free', () => {
    fc.assert(
      fc.property(shelves, basket.map(addUpLines), (stocks, lines) => {
        const free = Object.fromEntries(
          stocks.map(({ id, onHand, reserved, archivedAt }) => [id, archivedAt ? 0 : onHand - reserved]),
        )
        expect(shortagesOf(stocks, lines)).toEqual(
          lines
            .map(({ productId, quantity }) => ({
              productId,
              requested: quantity,
              available: free[productId] ?? 0,
            }))
            .filter(({ requested, available }) => requested > available),
        )
      }),
    )
  })
})

describe('adjustStock', () => {
  it('never takes what orders hold, and never adds more than an Int holds', () => {
    const units = fc.tuple(fc.nat(maxUnits), fc.nat(maxUnits)).map(pair => pair.toSorted((a, b) => a - b))
    const delta = fc.integer({ min: -maxUnits - 1, max: maxUnits })
    fc.assert(
      fc.property(units, delta, ([reserved = 0, onHand = 0], delta) => {
        const decision = adjustStock(stock('a', onHand, reserved), delta)
        const expected = onHand + delta
        if (expected < reserved) {
          expect(decision).toEqual({ kind: 'insufficient', available: onHand - reserved })
        } else if (expected > maxUnits) {
          expect(decision).toEqual({ kind: 'tooMuch', maxDelta: maxUnits - onHand })
        } else {
          expect(decision).toMatchObject({
            kind: 'adjusted',
            change: { after: { onHand: expected, reserved } },
          })
        }
      }),
    )
  })

  it('allows exactly the amount that it says can be taken away', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (free, reserved) => {
        const shelf = stock('a', free + reserved, reserved)
        expect(adjustStock(shelf, -free - 1)).toEqual({ kind: 'insufficient', available: free })
        expect(adjustStock(shelf, -free).kind).toBe('adjusted')
      }),
    )
  })
})

describe('putBackStock', () => {
  it('fills the warehouse up to what an Int holds, and not beyond', () => {
    expect(putBackStock([stock('a', maxUnits - 1)], [{ productId: 'a', quantity: 3 }])).toMatchObject([
      { before: { onHand: maxUnits - 1 }, after: { onHand: maxUnits, version: 2 } },
    ])
  })
})

describe('openStock', () => {
  it('counts as a change of what can be ordered, also of a product that comes without units', () => {
    for (const units of [0, 7]) {
      expect(openStock(stock('a', units))).toEqual({
        before: { ...stock('a', 0), version: 0 },
        after: stock('a', units),
      })
    }
  })
})

describe('archiveStock', () => {
  it('leaves the units in the warehouse and with the orders that hold them, and none to order', () => {
    const { after } = archiveStock(stock('a', 7, 3), now)
    expect(after).toEqual({ ...stock('a', 7, 3, now), version: 2 })
    expect(orderableUnits(after)).toBe(0)
  })

  it('changes nothing that can be ordered if nothing could be ordered before', () => {
    expect(archiveStock(stock('a', 3, 3), now).after.version).toBe(1)
  })
})
