/** Choices that are the same for the same seed; each draw moves it on. */
export type Random = {
  /** An integer from `least` to `most`, both included. */
  readonly integer: (least: number, most: number) => number
  /** True with this probability. */
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(values: readonly [T, ...T[]]) => T
  readonly shuffled: <T>(values: readonly T[]) => readonly T[]
  /** A source of its own, the same for the same label however far this one has moved on. */
  readonly fork: (label: string) => Random
}

/** A seeded source of random choices. */
export const createRandom = (seed: string): Random => {
  const next = mulberry32(fnv1a(seed))
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    integer,
    chance: probability => next() < probability,
    pick: values => values[integer(0, values.length - 1)] ?? values[0],
    shuffled: values => {
      const ranked = values.map(value => ({ value, rank: next() }))
      return ranked.toSorted((a, b) => a.rank - b.rank).map(({ value }) => value)
    },
    fork: label => createRandom(`${seed} ${label}`),
  }
}

const mulberry32 = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
