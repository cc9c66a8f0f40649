import { describe, expect, it } from 'vitest'
import {
  hashCancelInput,
  hashRefundInput,
  parseCancelInput,
  parseRefundInput,
  parseShipInput,
} from './change-input.ts'

const refund = (more: object = {}) => {
  const parsed = parseRefundInput({ idempotencyKey: 'k', orderId: 'O', ...more })
  if (parsed.kind === 'invalid') throw new Error(parsed.field)
  return parsed.input
}

describe('a request for a refund', () => {
  it('keeps its lines as they came, but for the case of their ids', () => {
    const items = [
      { productId: 'A', quantity: 1 },
      { productId: 'b', quantity: 2 },
      { productId: 'a', quantity: 3 },
    ]
    expect(refund({ items }).items).toEqual([
      { productId: 'a', quantity: 1 },
      { productId: 'b', quantity: 2 },
      { productId: 'a', quantity: 3 },
    ])
  })

  it('asks for all that is left without items', () => {
    expect(refund()).toEqual({ idempotencyKey: 'k', orderId: 'O', items: null, reason: null })
    expect(refund({ items: null, reason: '  ' })).toEqual(refund())
  })

  it.each([
    [{ idempotencyKey: '' }, 'idempotencyKey'],
    [{ idempotencyKey: 'x'.repeat(201) }, 'idempotencyKey'],
    [{ items: [] }, 'items'],
    [{ items: [{ productId: 'a', quantity: 0 }] }, 'items.0.quantity'],
    [{ items: [{ productId: 'a', quantity: 1.5 }] }, 'items.0.quantity'],
    [{ reason: 'x'.repeat(501) }, 'reason'],
    [{ reason: 'a\0b' }, 'reason'],
    [{ reason: '\ud800' }, 'reason'],
  ])('is refused with its field: %j', (more, field) => {
    expect(parseRefundInput({ idempotencyKey: 'k', orderId: 'o', ...more })).toMatchObject({
      kind: 'invalid',
      field,
    })
  })

  it('is the same with its items in any order and in more lines, and another one with anything else', () => {
    const [a, b] = [
      { productId: 'a', quantity: 1 },
      { productId: 'b', quantity: 2 },
    ]
    const known = hashRefundInput(refund({ items: [a, b] }))
    expect(hashRefundInput(refund({ items: [b, a], idempotencyKey: 'other', orderId: 'o' }))).toBe(known)
    const half = { productId: 'B', quantity: 1 }
    expect(hashRefundInput(refund({ items: [half, a, half] }))).toBe(known)
    for (const other of [
      { items: [a] },
      {},
      { items: [a, b], reason: 'why' },
      { items: [a, b], orderId: 'p' },
    ]) {
      expect(hashRefundInput(refund(other))).not.toBe(known)
    }
  })
})

describe('a request to ship', () => {
  it('has a tracking number, and a carrier where there is one', () => {
    const input = { orderId: 'o', trackingNumber: ' JD 014600 ' }
    expect(parseShipInput(input)).toEqual({
      kind: 'valid',
      input: { orderId: 'o', trackingNumber: 'JD 014600', carrier: null },
    })
  })

  it.each([
    [{ trackingNumber: ' ' }, 'trackingNumber'],
    [{ trackingNumber: 'x'.repeat(101) }, 'trackingNumber'],
    [{ trackingNumber: '1', carrier: '\n' }, 'carrier'],
    [{ trackingNumber: '1', carrier: 'x'.repeat(101) }, 'carrier'],
  ])('is refused with its field: %j', (more, field) => {
    expect(parseShipInput({ orderId: 'o', ...more })).toMatchObject({ kind: 'invalid', field })
  })
})

describe('a request to cancel', () => {
  it('is another one with another order or another reason', () => {
    const cancel = (orderId: string, reason: string | null) => {
      const parsed = parseCancelInput({ orderId, reason, idempotencyKey: 'k' })
      if (parsed.kind === 'invalid') throw new Error(parsed.field)
      return hashCancelInput(parsed.input)
    }
    expect(cancel('O', ' why ')).toBe(cancel('o', 'why'))
    expect(cancel('p', 'why')).not.toBe(cancel('o', 'why'))
    expect(cancel('o', null)).not.toBe(cancel('o', 'why'))
  })
})
