import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema } from 'graphql'
import { createRandom, type Random } from '../random.ts'
import { depths } from './depths.ts'
import type { Family, Payload, Targets } from './payload.ts'
import { protocols } from './protocols.ts'
import { repetitions } from './repetitions.ts'
import { values } from './values.ts'
import { createWalks } from './walks.ts'

/** A document made to cost much, and who sends it how. */
export type HostileDocument = {
  /** The shape, the count and the number: enough to make it again with the same seed. */
  readonly name: string
  readonly payload: Payload
  readonly as: 'stranger' | 'customer'
  readonly over: 'http' | 'socket'
}

/** The size of the largest document. */
export const maxDocumentBytes = 256 * 1024

// n.b. These are around the limits of the gateway: the worst documents are those which are just allowed.
const edges = [
  1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 15, 19, 20, 21, 25, 29, 30, 31, 50, 99, 100, 101, 150, 200, 300, 500,
  660, 990, 1_990,
] as const
const sample = 64

const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../schema/api.graphql'), 'utf8'))

const families: readonly (readonly [shape: string, family: Family])[] = Object.entries({
  ...repetitions,
  ...depths,
  ...values,
  ...protocols,
  ...createWalks(schema),
})

/** The shapes of documents. */
export const shapes: readonly string[] = families.map(([shape]) => shape)

/** The document of that number; the shapes take turns. */
export const hostileDocument = (seed: number, targets: Targets, number: number): HostileDocument => {
  const random = createRandom(`${seed} ${number}`)
  const [shape, family] = families[number % families.length] ?? noFamily
  const make = (count: number): Payload => family(count, { random: random.fork('content'), targets })
  const count = fitting(
    make,
    countOf(random, () => mostOf(make)),
  )
  const payload = make(count)
  return {
    name: `${shape} × ${count} (${seed}/${number})`,
    payload,
    as: random.pick(['stranger', 'customer', 'customer']),
    over: payload.kind === 'operation' ? random.pick(['http', 'socket']) : sentOver[payload.kind],
  }
}

const noFamily: readonly [string, Family] = ['nothing', () => ({ kind: 'body', body: '' })]
const sentOver = { body: 'http', messages: 'socket' } as const

const countOf = (random: Random, most: () => number): number => {
  if (random.chance(0.6)) return random.pick(edges)
  return random.chance(0.5) ? most() : Math.round(most() ** (random.integer(0, 1_000) / 1_000))
}

/** About how many times there is room for. */
const mostOf = (make: (count: number) => Payload): number => {
  const one = byteLengthOf(make(1))
  const each = (byteLengthOf(make(sample + 1)) - one) / sample
  return 1 + Math.max(Math.floor((maxDocumentBytes - one) / Math.max(each, 1)), 0)
}

/** So many times, or as many as there is room for. */
const fitting = (make: (count: number) => Payload, wanted: number): number => {
  let count = wanted
  for (;;) {
    const bytes = byteLengthOf(make(count))
    if (bytes <= maxDocumentBytes || count <= 1) return count
    count = Math.floor(Math.min(count - 1, count * (maxDocumentBytes / bytes)))
  }
}

const byteLengthOf = (payload: Payload): number => {
  if (payload.kind === 'body') return Buffer.byteLength(payload.body)
  if (payload.kind === 'operation') return Buffer.byteLength(payload.json)
  return payload.messages.reduce((sum, message) => sum + Buffer.byteLength(message), 0)
}
