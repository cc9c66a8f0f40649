/** Places in groups of 2,048, and of 4 times as many on each of the 5 levels above; what a product's `#` lexemes say. */
const placesPerBlock = 2_048
const topLevel = 5

/**
 * The blocks of the places below `before`, from the last place to the first, in groups that follow each other and grow:
 * 2,048 places, then up to 3 times as many, 12 times, 48 times and so on.
 */
export function* blocksBefore(before: number): Generator<readonly string[]> {
  if (before <= 1) return
  let block = Math.floor((before - 1) / placesPerBlock)
  yield [`#0:${block}`]
  for (let level = 0; level < topLevel; level += 1) {
    const first = block - (block % 4)
    if (block > first) yield Array.from({ length: block - first }, (_, index) => `#${level}:${first + index}`)
    block = first / 4
  }
  for (block -= 1; block >= 0; block -= 1) yield [`#${topLevel}:${block}`]
}
