import { maxNesting, maxValues } from './nesting.ts'

// n.b. an operation in JSON has its variables one deep, beside `query`, `operationName` and `extensions`
const levelsAround = 1
const valuesAround = 100

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
// n.b. braces differ from brackets in this bit alone
const brace = 0x20
const opening = 0x5b
const closing = 0x5d

/**
 * What an operation in JSON, which need not be valid, has too much of for its variables to be within the limits; undefined
 * if they may be. n.b. to parse 24,000 keys of 256 KiB takes 8 ms, and to look at each of them as long again; this takes half a
 * millisecond
 */
export const excessIn = (json: Uint8Array): 'nesting' | 'values' | undefined => {
  let commas = 0
  let levels = 0
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0
    if (byte === quote) at = endOfString(json, at)
    else if (byte === comma) {
      commas += 1
      if (commas > maxValues + valuesAround) return 'values'
    } else if ((byte & ~brace) === opening) {
      levels += 1
      if (levels > maxNesting + levelsAround) return 'nesting'
    } else if ((byte & ~brace) === closing) levels -= 1
  }
  return undefined
}

const endOfString = (json: Uint8Array, start: number): number => {
  let at = start + 1
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at
}
