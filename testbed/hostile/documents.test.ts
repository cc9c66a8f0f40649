import { expect, it } from 'vitest'
import { hostileDocument, maxDocumentBytes, shapes } from './documents.ts'

const targets = { productIds: ['p'], orderIds: ['o'] } as const

const first = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, number) => hostileDocument(seed, targets, number))

it('makes the same documents for the same seed, and others for another', () => {
  expect(first(50)).toEqual(first(50))
  expect(first(50)).not.toEqual(first(50, 2))
})

it('makes documents of every shape, from small ones to the largest that are taken', () => {
  const sizes = first(4 * shapes.length).map(({ payload }) => {
    if (payload.kind === 'body') return Buffer.byteLength(payload.body)
    if (payload.kind === 'messages') return payload.messages.join('').length
    return Buffer.byteLength(payload.json)
  })
  expect(Math.max(...sizes)).toBeLessThanOrEqual(maxDocumentBytes)
  expect(sizes.filter(size => size > 0.95 * maxDocumentBytes).length).toBeGreaterThan(shapes.length / 4)
})
