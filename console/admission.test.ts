import { expect, it } from 'vitest'
import { createAdmission, type Piece } from './admission.ts'
import { createRequest, createSpan } from './tests/example-traces.ts'
import type { Span } from './traces/span.ts'

const toPiece = (spans: readonly Span[]): Piece => ({
  traceId: spans[0]?.traceId ?? '',
  spans,
  bytes: spans.length * 500,
})
const requests = (operation: string, count: number) =>
  Array.from({ length: count }, () => toPiece(createRequest(operation)))
const tracesOf = (pieces: readonly Piece[]) => new Set(pieces.map(({ traceId }) => traceId))

/** An admission whose clock is set by hand. */
const openAdmission = () => {
  let nowMs = 0
  const admission = createAdmission(() => nowMs)
  return {
    ...admission,
    /** Lets time pass, and returns what is let in by that. */
    pass: (ms: number) => {
      nowMs += ms
      return admission.release()
    },
  }
}

it('lets everything in that one person does, and what comes at once after a quiet time', () => {
  const { admit, pass, leftOut } = openAdmission()
  expect(tracesOf(admit(requests('Me', 1_000))).size).toBe(1_000)
  for (let second = 0; second < 60; second += 1) {
    pass(1_000)
    expect(tracesOf(admit(requests('Me', 60))).size).toBe(60)
  }
  pass(16_000)
  expect(tracesOf(admit(requests('Me', 1_000))).size).toBe(1_000)
  expect(leftOut()).toBe(0)
})

it('lets a share of a flood in, of each operation one, and counts what it leaves out', () => {
  const { admit, pass, leftOut } = openAdmission()
  admit(requests('Me', 1_000))
  expect(tracesOf(admit(requests('Me', 1_000))).size).toBe(1)
  expect(tracesOf(admit(requests('Rare', 5))).size).toBe(1)
  pass(1_300)
  expect(tracesOf(admit(requests('Me', 1_000))).size).toBe(83)
  pass(1_300)
  pass(1_300)
  expect(leftOut()).toBe((999 + 4 + 917) * 4)
})

it('lets about as many spans of large traces in a second, however they come', () => {
  const { admit, pass } = openAdmission()
  const large = () => {
    const [root, ...others] = createRequest('Me')
    const { traceId = '', spanId = null } = root ?? {}
    const more = Array.from({ length: 56 }, () =>
      createSpan({ traceId, parentSpanId: spanId, kind: 'internal' }),
    )
    return { first: toPiece(root === undefined ? [] : [root]), later: toPiece([...others, ...more]) }
  }
  let spans = 0
  const store = (pieces: readonly Piece[]) => {
    spans += pieces.reduce((sum, piece) => sum + piece.spans.length, 0)
  }
  for (let ms = 0; ms < 20_000; ms += 4) {
    const { first, later } = large()
    store(admit([first]))
    store(admit([later]))
    store(pass(4))
  }
  expect(spans).toBeGreaterThan(4_000 + 20 * 250)
  expect(spans).toBeLessThan(4_000 + 20 * (250 + 2 * 60))
})

it('lets rare operations in beside what fails in great numbers', () => {
  const { admit, pass } = openAdmission()
  admit(requests('Me', 1_000))
  for (let second = 0; second < 5; second += 1) {
    pass(1_000)
    const failed = Array.from({ length: 300 }, () => toPiece(createRequest('Failing', { error: 'failed' })))
    expect(tracesOf(admit(failed)).size).toBe(300)
    expect(tracesOf(admit(requests('Rare', 2))).size).toBe(1)
  }
})

it('lets no more in for many names than so many spans a second', () => {
  const { admit } = openAdmission()
  admit(requests('Me', 1_000))
  const named = Array.from({ length: 1_000 }, (_, index) => requests(`Name${index}`, 1)).flat()
  expect(tracesOf(admit(named)).size).toBe(188)
})

it('keeps every trace that failed or was slow, with what came of it before and after', () => {
  const { admit, pass, leftOut } = openAdmission()
  admit(requests('Me', 1_000))
  admit(requests('Me', 1_000))
  for (const told of [
    { error: 'failed' },
    { durationUs: 600_000 },
    { attributes: { 'supergraph.errors': 1 } },
  ]) {
    const [statement, part, call, root] = createRequest('Me', told).map(span => toPiece([span]))
    if (statement === undefined || part === undefined || call === undefined || root === undefined)
      throw new Error('a request has four spans')
    expect(admit([statement, part])).toEqual([])
    expect(admit([root])).toEqual([statement, part, root])
    expect(admit([call])).toEqual([call])
  }
  pass(1_300)
  pass(1_300)
  expect(leftOut()).toBe(999 * 4)
})

it('does not tear traces apart: a part that comes before its request waits for it', () => {
  const { admit, pass, leftOut } = openAdmission()
  admit(requests('Me', 1_000))
  const [statement, ...rest] = createRequest('Me')
  const first = toPiece(statement === undefined ? [] : [statement])
  expect(admit([first])).toEqual([])
  expect(admit([toPiece(rest)])).toEqual([first, toPiece(rest)])
  const lost = toPiece([createSpan({ parentSpanId: 'a'.repeat(16), kind: 'internal' })])
  expect(admit([lost])).toEqual([])
  expect(pass(1_300)).toEqual([])
  expect(pass(1_300)).toEqual([lost])
  expect(leftOut()).toBe(0)
})

it('holds back no more than 16 MB, however large spans are', () => {
  const { admit, leftOut } = openAdmission()
  admit(requests('Me', 1_000))
  admit(requests('Me', 1))
  const large = requests('Me', 60).map(piece => ({ ...piece, bytes: 1024 * 1024 }))
  admit(large)
  expect(leftOut()).toBeGreaterThan(40 * 4)
})
