import { setOwn } from '@supergraph/runtime/json-object.ts'

/** A value as it comes out of JSON, and how long its JSON text is, about. */
export type JsonCopy = { readonly value: unknown; readonly bytes: number }

/** How long the parts of a JSON text are. */
export const jsonBytes = { number: 8, literal: 5, quotes: 2, brackets: 2, comma: 1, besideKey: 4 } as const

/**
 * How long the JSON text of null, or of a string, a number or a boolean that JSON has, is, about; undefined for anything else.
 * n.b. counted and not written: a string without its escapes and as one byte for each character
 */
export const bytesOfScalar = (value: unknown): number | undefined => {
  if (typeof value === 'string') return value.length + jsonBytes.quotes
  if (typeof value === 'boolean' || value === null) return jsonBytes.literal
  // n.b. JSON has no -0
  return Number.isFinite(value) && !Object.is(value, -0) ? jsonBytes.number : undefined
}

/**
 * Copies a value into what `JSON.parse(JSON.stringify(value))` gives: objects with `toJSON` as they say, nothing in the
 * place of functions, and null in that of numbers that JSON lacks. The copy shares no object with the value. Throws for
 * what JSON.stringify throws for.
 */
export const copyAsJson = (value: unknown): JsonCopy => {
  let bytes = 0

  const copyList = (list: readonly unknown[]): unknown[] => {
    bytes += jsonBytes.brackets
    const copied: unknown[] = []
    for (let index = 0; index < list.length; index += 1) {
      bytes += jsonBytes.comma
      copied.push(copy(list[index]) ?? null)
    }
    return copied
  }

  const copyObject = (object: object): unknown => {
    bytes += jsonBytes.brackets
    const copied = {}
    for (const [key, item] of Object.entries(object)) {
      const own = copy(item)
      if (own === undefined) continue
      bytes += key.length + jsonBytes.besideKey
      setOwn(copied, key, own)
    }
    return copied
  }

  const copyByText = (object: object): unknown => {
    const text: string | undefined = JSON.stringify(object)
    if (text === undefined) return undefined
    bytes += text.length
    return JSON.parse(text)
  }

  const copy = (given: unknown): unknown => {
    const scalarBytes = bytesOfScalar(given)
    if (scalarBytes !== undefined) {
      bytes += scalarBytes
      return given
    }
    switch (typeof given) {
      case 'number':
        bytes += jsonBytes.number
        return given === 0 ? 0 : null
      case 'object':
        if (given === null) return null
        if (hasOwnText(given)) return copyByText(given)
        return Array.isArray(given) ? copyList(given) : copyObject(given)
      case 'bigint':
        return JSON.stringify(given)
      default:
        return undefined
    }
  }

  return { value: copy(value), bytes }
}

const hasOwnText = (object: object): boolean => {
  if ('toJSON' in object && typeof object.toJSON === 'function') return true
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype
}
