import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decide,
  linesToMove,
  outcomeOf,
  type Reservation,
  type ReservationCommand,
  refuse,
} from './reservation.ts'
import {
  addUpLines,
  adjustStock,
  archiveStock,
  orderableUnits,
  type Stock,
  type StockChange,
  type StockLine,
  shortagesOf,
} from './stock.ts'

const now = new Date('2026-03-01T09:30:00.000Z')
const ids = ['a', 'b', 'c']
const orderIds = Array.from({ length: 12 }, (_, index) => `order ${index}`)

type Action =
  | {
      readonly kind: ReservationCommand | 'refuse'
      readonly orderId: string
      readonly lines: readonly StockLine[]
    }
  | { readonly kind: 'adjust'; readonly productId: string; readonly delta: number }
  | { readonly kind: 'archive'; readonly productId: string }

/** n.b. the paths through an expiry are long: the more a command leads there, the more often it is here. */
const commands = [
  ...(['reserve', 'reserve', 'reserve', 'reserve', 'expire', 'expire', 'expire'] as const),
  ...(['commit', 'commit', 'release', 'refuse'] as const),
]

const basket = fc
  .array(
    fc.record({
      productId: fc.constantFrom(...ids, ...ids, ...ids, 'unknown'),
      quantity: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map(addUpLines)

const history: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.oneof(
    {
      weight: 120,
      arbitrary: fc.record({
        kind: fc.constantFrom(...commands),
        orderId: fc.constantFrom(...orderIds),
        lines: basket,
      }),
    },
    {
      weight: 30,
      arbitrary: fc.record({
        kind: fc.constant('adjust' as const),
        productId: fc.constantFrom(...ids),
        delta: fc.integer({ min: -8, max: 8 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('archive' as const), productId: fc.constantFrom(...ids) }),
    },
  ),
  { minLength: 1, maxLength: 80, size: 'max' },
)

const units = fc.tuple(...ids.map(() => fc.nat(12)))

/** A shop in memory that does what the store does with rows. */
const createShop = (units: readonly number[]) => {
  const stocks = new Map<string, Stock>(
    ids.map((id, index) => [
      id,
      { id, sku: id, onHand: units[index] ?? 0, reserved: 0, version: 1, archivedAt: null },
    ]),
  )
  const reservations = new Map<string, Reservation>()
  const received = new Map(ids.map((id, index) => [id, units[index] ?? 0]))
  const seen = new Set<string>()

  const save = (changes: readonly StockChange[]) => {
    for (const { before, after } of changes) {
      expect(stocks.get(after.id)).toEqual(before)
      const isFelt = orderableUnits(before) !== orderableUnits(after)
      expect(after.version).toBe(before.version + (isFelt ? 1 : 0))
      stocks.set(after.id, after)
    }
  }
  const find = (orderId: string, kind: ReservationCommand | 'refuse', lines: readonly StockLine[]) =>
    reservations.get(orderId) ??
    (kind === 'reserve' || kind === 'refuse'
      ? ({ state: 'NEW', lines } as const)
      : ({ state: 'RELEASED', lines: [] } as const))

  const carryOut = (
    kind: ReservationCommand | 'refuse',
    orderId: string,
    lines: readonly StockLine[],
  ): readonly StockChange[] => {
    if (kind === 'expire' && !reservations.has(orderId)) return []
    const before = find(orderId, kind, lines)
    const shortages = shortagesOf([...stocks.values()], lines)
    if (kind === 'refuse' && shortages.length === 0) return []
    const { reservation, changes } =
      kind === 'refuse'
        ? { reservation: refuse(before, shortages), changes: [] }
        : decide(kind, before, stocksOf(linesToMove(kind, before)))
    save(changes)
    reservations.set(orderId, reservation)
    seen.add(`${kind} ${before.state} ${reservation.state}`)
    return changes
  }
  const stocksOf = (lines: readonly StockLine[]): readonly Stock[] =>
    [...stocks.values()].filter(({ id }) => lines.some(({ productId }) => productId === id))

  return {
    seen,
    stateOf: (orderId: string) => reservations.get(orderId)?.state,
    carryOut,
    act: (action: Action): readonly StockChange[] => {
      if (action.kind !== 'adjust' && action.kind !== 'archive') {
        return carryOut(action.kind, action.orderId, action.lines)
      }
      const stock = stocks.get(action.productId)
      if (stock === undefined) return []
      if (action.kind === 'archive') {
        if (stock.archivedAt === null) save([archiveStock(stock, now)])
        return []
      }
      const decision = adjustStock(stock, action.delta)
      if (decision.kind !== 'adjusted') return []
      save([decision.change])
      received.set(stock.id, (received.get(stock.id) ?? 0) + action.delta)
      return [decision.change]
    },
    check: () => {
      const unitsIn = (state: Reservation['state'], id: string): number =>
        [...reservations.values()]
          .filter(reservation => reservation.state === state)
          .flatMap(({ lines }) => lines)
          .filter(({ productId }) => productId === id)
          .reduce((sum, { quantity }) => sum + quantity, 0)
      for (const { id, onHand, reserved } of stocks.values()) {
        expect(reserved).toBeGreaterThanOrEqual(0)
        expect(reserved).toBeLessThanOrEqual(onHand)
        expect(reserved).toBe(unitsIn('RESERVED', id))
        expect(onHand + unitsIn('COMMITTED', id)).toBe(received.get(id))
      }
    },
  }
}

const runs = { numRuns: 1_000 }

describe('any history of orders and staff', { timeout: 240_000 }, () => {
  it('neither creates nor loses a unit, holds exactly what is reserved, and sells nothing twice', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(units, history, (units, actions) => {
        const shop = createShop(units)
        for (const action of actions) {
          shop.act(action)
          shop.check()
        }
        for (const transition of shop.seen) seen.add(transition)
      }),
      runs,
    )
    expect([...seen].toSorted()).toEqual(transitions.toSorted())
  })

  it('is not changed by a command that comes twice', () => {
    fc.assert(
      fc.property(units, history, (units, actions) => {
        const shop = createShop(units)
        for (const action of actions) {
          shop.act(action)
          if (action.kind === 'adjust' || action.kind === 'archive') continue
          const state = shop.stateOf(action.orderId)
          expect(shop.carryOut(action.kind, action.orderId, action.lines)).toEqual([])
          expect(shop.stateOf(action.orderId)).toBe(state)
        }
      }),
      runs,
    )
  })

  it('moves nothing for an order after its release or its refusal', () => {
    fc.assert(
      fc.property(units, history, (units, actions) => {
        const shop = createShop(units)
        for (const action of actions) {
          if (action.kind === 'adjust' || action.kind === 'archive') {
            shop.act(action)
            continue
          }
          const before = shop.stateOf(action.orderId)
          const changes = shop.act(action)
          if (before !== 'RELEASED' && before !== 'REFUSED') continue
          expect(changes).toEqual([])
          expect(shop.stateOf(action.orderId)).toBe(action.kind === 'release' ? 'RELEASED' : before)
        }
      }),
      runs,
    )
  })
})

/** Every way that a command can leave a reservation, each of which the histories must have taken. */
const transitions = [
  'reserve NEW RESERVED',
  'reserve NEW REFUSED',
  'reserve RESERVED RESERVED',
  'reserve COMMITTED COMMITTED',
  'reserve EXPIRED RESERVED',
  'reserve EXPIRED REFUSED',
  'reserve REFUSED REFUSED',
  'reserve RELEASED RELEASED',
  'refuse NEW REFUSED',
  'refuse RESERVED RESERVED',
  'refuse COMMITTED COMMITTED',
  'refuse EXPIRED REFUSED',
  'refuse REFUSED REFUSED',
  'refuse RELEASED RELEASED',
  'commit RESERVED COMMITTED',
  'commit COMMITTED COMMITTED',
  'commit EXPIRED COMMITTED',
  'commit EXPIRED REFUSED',
  'commit REFUSED REFUSED',
  'commit RELEASED RELEASED',
  'release RESERVED RELEASED',
  'release COMMITTED RELEASED',
  'release EXPIRED RELEASED',
  'release REFUSED RELEASED',
  'release RELEASED RELEASED',
  'expire RESERVED EXPIRED',
  'expire COMMITTED COMMITTED',
  'expire EXPIRED EXPIRED',
  'expire REFUSED REFUSED',
  'expire RELEASED RELEASED',
]

describe('commit', () => {
  it('of a live reservation changes nothing that can be ordered', () => {
    const lines = [{ productId: 'a', quantity: 3 }]
    const stock = { id: 'a', sku: 'a', onHand: 5, reserved: 4, version: 7, archivedAt: null }
    expect(decide('commit', { state: 'RESERVED', lines }, [stock])).toEqual({
      reservation: { state: 'COMMITTED', lines },
      changes: [{ before: stock, after: { ...stock, onHand: 2, reserved: 1 } }],
    })
  })
})

describe('outcomeOf', () => {
  it('repeats a refusal as it was given', () => {
    const shortages = [{ productId: 'a', requested: 3, available: 1 }]
    expect(outcomeOf({ state: 'REFUSED', lines: [], shortages })).toEqual({
      kind: 'shortage',
      items: shortages,
    })
  })

  it('grants nothing to an order that holds nothing', () => {
    for (const state of ['NEW', 'EXPIRED', 'RELEASED'] as const) {
      expect(outcomeOf({ state, lines: [] })).toEqual({ kind: 'released' })
    }
  })
})
