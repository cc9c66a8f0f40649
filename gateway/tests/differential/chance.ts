/** A number that depends on nothing but the text, from 0 to 2^32 - 1. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** One of the values, always the same one for the text. */
export const pickBy = <T>(text: string, values: readonly T[]): T | undefined =>
  values[hashOf(text) % values.length]

/** Whether this happens, which does for this share of all texts. */
export const happens = (share: number, text: string): boolean => share > 0 && hashOf(text) < share * 2 ** 32
