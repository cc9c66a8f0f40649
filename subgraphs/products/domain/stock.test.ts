import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addUpLines,
  adjustStock,
  archiveStock,
  maxUnits,
  orderableUnits,
  releaseStock,
  reserveStock,
  type Stock,
} from './stock.ts'

const now = new Date('2026-03-01T09:30:00.000Z')
const ids = ['a', 'b', 'c', 'd']

const stock = (id: string, available: number, archivedAt: Date | null = null): Stock => ({
  id,
  sku: `SKU-${id}`,
  available,
  version: 1,
  archivedAt,
})

const shelves = fc.tuple(
  ...ids.map(id =>
    fc
      .record({ available: fc.nat(20), isArchived: fc.boolean() })
      .map(({ available, isArchived }) => stock(id, available, isArchived ? now : null)),
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

describe('reserveStock', () => {
  it('takes exactly what was asked for, or names every line that is short and takes nothing', () => {
    fc.assert(
      fc.property(shelves, basket, (stocks, lines) => {
        const wanted = addUpLines(lines)
        const orderable = (id: string) => stocks.filter(stock => stock.id === id).map(orderableUnits)[0] ?? 0
        const short = wanted.filter(line => line.quantity > orderable(line.productId))
        const decision = reserveStock(stocks, wanted)
        if (decision.kind === 'shortage') {
          expect(short.length).toBeGreaterThan(0)
          expect(decision.items).toEqual(
            short.map(({ productId, quantity }) => ({
              productId,
              requested: quantity,
              available: orderable(productId),
            })),
          )
        } else {
          expect(short).toEqual([])
          expect(
            decision.changes.map(({ after, delta }) => ({ productId: after.id, quantity: -delta })),
          ).toEqual(wanted)
          for (const { after, delta } of decision.changes) {
            expect(after.available).toBe(orderable(after.id) + delta)
            expect(after.available).toBeGreaterThanOrEqual(0)
            expect(after.version).toBe(2)
          }
        }
      }),
    )
  })

  it('is undone by releaseStock, whatever the basket', () => {
    fc.assert(
      fc.property(shelves, basket.map(addUpLines), (stocks, lines) => {
        const decision = reserveStock(stocks, lines)
        fc.pre(decision.kind === 'reserved')
        const taken = decision.changes.map(change => change.after)
        const back = releaseStock(taken, lines)
        for (const { after } of back) {
          expect(after).toEqual({ ...stocks.find(stock => stock.id === after.id), version: 3 })
        }
        expect(back).toHaveLength(taken.length)
      }),
    )
  })
})

describe('adjustStock', () => {
  it('never leaves a shelf below 0 or above what an Int holds', () => {
    const units = fc.integer({ min: 0, max: maxUnits })
    const delta = fc.integer({ min: -maxUnits - 1, max: maxUnits })
    fc.assert(
      fc.property(units, delta, (available, delta) => {
        const decision = adjustStock(stock('a', available), delta)
        const expected = available + delta
        if (expected < 0) expect(decision).toEqual({ kind: 'insufficient', available })
        else if (expected > maxUnits)
          expect(decision).toEqual({ kind: 'tooMuch', maxDelta: maxUnits - available })
        else
          expect(decision).toMatchObject({
            kind: 'adjusted',
            change: { delta, after: { available: expected } },
          })
      }),
    )
  })
})

describe('releaseStock', () => {
  it('fills a shelf up to what an Int holds and enters only that', () => {
    expect(releaseStock([stock('a', maxUnits - 1)], [{ productId: 'a', quantity: 3 }])).toEqual([
      { after: { ...stock('a', maxUnits), version: 2 }, delta: 1 },
    ])
  })
})

describe('archiveStock', () => {
  it('leaves the units on the shelf, and none to order', () => {
    const { after, delta } = archiveStock(stock('a', 7), now)
    expect({ delta, available: after.available, orderable: orderableUnits(after) }).toEqual({
      delta: 0,
      available: 7,
      orderable: 0,
    })
  })
})
