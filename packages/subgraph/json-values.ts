import { setOwn } from '@supergraph/runtime/json-object.ts'

/** A value as it comes out of JSON, and how long its JSON text is, about. */
export type JsonCopy = { readonly value: unknown; readonly bytes: number }

// n.b. counted and not written: the text of a string without its escapes and as one byte for each character
const bytesOfNumber = 8
const bytesOfLiteral = 5

/**
 * Copies a value into what `JSON.parse(JSON.stringify(value))` gives: objects with `toJSON` as they say, nothing in the
 * place of functions, and null in that of numbers that JSON lacks. The copy shares no object with the value. Throws for
 * what JSON.stringify throws for.
 */
export const copyAsJson = (value: unknown): JsonCopy => {
  let bytes = 0

  const copyList = (list: readonly unknown[]): unknown[] => {
    bytes += 2
    const copied: unknown[] = []
    for (let index = 0; index < list.length; index += 1) {
      bytes += 1
      copied.push(copy(list[index]) ?? null)
    }
    return copied
  }

  const copyObject = (object: object): unknown => {
    bytes += 2
    const copied = {}
    for (const [key, item] of Object.entries(object)) {
      const own = copy(item)
      if (own === undefined) continue
      bytes += key.length + 4
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
    switch (typeof given) {
      case 'string':
        bytes += given.length + 2
        return given
      case 'number':
        bytes += bytesOfNumber
        // n.b. JSON has no -0
        return Number.isFinite(given) ? given + 0 : null
      case 'boolean':
        bytes += bytesOfLiteral
        return given
      case 'object':
        if (given === null) {
          bytes += bytesOfLiteral
          return null
        }
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
