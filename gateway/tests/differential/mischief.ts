import { happens, hashOf, pickBy } from './chance.ts'

/** What goes wrong in subgraphs, in which share of all fields; all of it follows from the seed and from what is asked. */
export type Mischief = {
  readonly seed: string
  readonly nulls: number
  readonly errors: number
  readonly lies: number
  /** In which share of all requests a subgraph does not answer them, or answers them as a whole with something else. */
  readonly outages: number
}

/** A value that a field must not have. */
export type Lie = { readonly value: unknown }

const lies: readonly unknown[] = [
  undefined,
  undefined,
  null,
  null,
  0,
  -1,
  1.5,
  2 ** 40,
  true,
  '',
  'no such thing',
  '7',
  [],
  [null],
  [1, 'a'],
  {},
  { id: 'x', name: 1 },
  { __typename: 'Nothing' },
]

/** The lie that a field tells, if it does; undefined as its value leaves the field out. */
export const lieAt = ({ seed, lies: share }: Mischief, place: string): Lie | undefined =>
  happens(share, `${seed} lie ${place}`)
    ? { value: structuredClone(pickBy(`${seed} which ${place}`, lies)) }
    : undefined

/** The type that an object says it has: for a few, one that there is not. */
export const saidTypeOf = ({ seed, lies: share }: Mischief, place: string, type: string): unknown =>
  happens(share / 2, `${seed} type ${place}`) ? pickBy(`${seed} other ${place}`, ['Nothing', 7, null]) : type

/** Whether a field is null for no reason. */
export const isNullAt = ({ seed, nulls }: Mischief, place: string): boolean =>
  happens(nulls, `${seed} null ${place}`)

/** Whether a field fails. */
export const failsAt = ({ seed, errors }: Mischief, place: string): boolean =>
  happens(errors, `${seed} error ${place}`)

const outages = ['down', 'no data', 'too few', 'too many', 'no list', 'empty'] as const

/** What is wrong with the answers of a subgraph as a whole. */
export const outageOf = (
  { seed, outages: share }: Mischief,
  subgraph: string,
): (typeof outages)[number] | undefined =>
  happens(share, `${seed} outage ${subgraph}`)
    ? outages[hashOf(`${seed} ${subgraph}`) % outages.length]
    : undefined
