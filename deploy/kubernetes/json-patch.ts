import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'

const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('add'), path: z.string(), value: z.unknown() }),
  z.strictObject({ op: z.literal('replace'), path: z.string(), value: z.unknown() }),
  z.strictObject({ op: z.literal('test'), path: z.string(), value: z.unknown() }),
])

/** The operations of JSON Patch (RFC 6902) that the manifests use. */
export const jsonPatch = z.array(operation)

/** Returns the document with the operations applied to it; throws for a path that is not there and a test that fails. */
export const applyJsonPatch = (document: unknown, operations: z.output<typeof jsonPatch>): unknown =>
  operations.reduce((before: unknown, each) => {
    const [first, ...keys] = each.path.split('/').map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (first !== '') throw new Error(`${each.path} does not begin with a slash`)
    return changeAt(before, keys, each)
  }, document)

const changeAt = (
  value: unknown,
  [key, ...rest]: readonly string[],
  change: z.output<typeof operation>,
): unknown => {
  const { op, path } = change
  const missing = () => new Error(`${op} ${path}: there is nothing`)
  if (key === undefined) {
    if (op === 'test' && !isDeepStrictEqual(value, change.value))
      throw new Error(`${op} ${path}: found ${JSON.stringify(value)}`)
    return op === 'test' ? value : change.value
  }
  if (Array.isArray(value)) {
    if (key === '-' && rest.length === 0 && op === 'add') return [...value, change.value]
    const index = Number(key)
    if (!(index in value)) throw missing()
    // n.b. add puts an element before the one that is there
    if (op === 'add' && rest.length === 0) return value.toSpliced(index, 0, change.value)
    return value.with(index, changeAt(value[index], rest, change))
  }
  if (typeof value !== 'object' || value === null) throw missing()
  const fields = new Map(Object.entries(value))
  if (!fields.has(key) && (op !== 'add' || rest.length > 0)) throw missing()
  return Object.fromEntries(fields.set(key, changeAt(fields.get(key), rest, change)))
}
