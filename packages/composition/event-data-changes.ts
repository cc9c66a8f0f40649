import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'

/** A JSON Schema that is an object. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Reads a JSON Schema that is an object. */
export const jsonSchema = z.record(z.string(), z.unknown())

/** What changed at one place of some data; `path` leads there. */
export type DataChange = {
  readonly code: string
  readonly path: string
  readonly message: string
  readonly isSafe?: boolean
}

/**
 * What changed in the schema of some data. A change is safe unless an old reader could fail on a new event, or a new reader on
 * an old event.
 */
export const compare = (path: string, base: JsonSchema, next: JsonSchema): readonly DataChange[] => {
  const [was, is] = [nullable(base), nullable(next)]
  if (was.isNullable !== is.isNullable) {
    return is.isNullable
      ? [{ code: 'EVENT_FIELD_NULLABLE', path, message: 'may be null now, which its readers do not expect' }]
      : [{ code: 'EVENT_FIELD_NOT_NULLABLE', path, message: 'was null in events that are still to be read' }]
  }
  const [from, to] = [was.schema, is.schema]
  const inside = [
    ...compareFields(path, from, to),
    ...compareNested(`${path}[]`, from.items, to.items),
    ...compareNested(`${path}.*`, from.additionalProperties, to.additionalProperties),
    ...compareEnums(path, from, to),
  ]
  return isDeepStrictEqual(ownOf(from), ownOf(to))
    ? inside
    : [{ code: 'EVENT_FIELD_RETYPED', path, message: `was ${wordsFor(from)}, is ${wordsFor(to)}` }]
}

const compareFields = (path: string, from: JsonSchema, to: JsonSchema): readonly DataChange[] => {
  const [before, after] = [fieldsOf(from), fieldsOf(to)]
  return [
    ...[...before].flatMap(([name, field]): readonly DataChange[] => {
      const at = `${path}.${name}`
      const now = after.get(name)
      if (now === undefined) return [{ code: 'EVENT_FIELD_REMOVED', path: at, message: 'is gone' }]
      if (field.isRequired && !now.isRequired)
        return [
          {
            code: 'EVENT_FIELD_OPTIONAL',
            path: at,
            message: 'may be missing, which its readers do not expect',
          },
        ]
      if (!field.isRequired && now.isRequired)
        return [
          {
            code: 'EVENT_FIELD_REQUIRED',
            path: at,
            message: 'is missing in events that are still to be read',
          },
        ]
      return compare(at, field.schema, now.schema)
    }),
    ...[...after]
      .filter(([name]) => !before.has(name))
      .map(
        ([name, { isRequired }]): DataChange =>
          isRequired
            ? {
                code: 'EVENT_FIELD_REQUIRED',
                path: `${path}.${name}`,
                message: 'is missing in events that are still to be read: add it as optional',
              }
            : { code: 'EVENT_FIELD_ADDED', path: `${path}.${name}`, message: 'is new', isSafe: true },
      ),
  ]
}

const compareNested = (path: string, from: unknown, to: unknown): readonly DataChange[] =>
  isSchema(from) && isSchema(to) ? compare(path, from, to) : []

const compareEnums = (path: string, from: JsonSchema, to: JsonSchema): readonly DataChange[] => {
  if (!Array.isArray(from.enum) || !Array.isArray(to.enum)) return []
  const [before, after]: readonly (readonly unknown[])[] = [from.enum, to.enum]
  return [
    ...(before ?? [])
      .filter(value => !after?.includes(value))
      .map(value => ({
        code: 'EVENT_ENUM_VALUE_REMOVED',
        path,
        message: `${value} is gone, and in events that are still to be read`,
      })),
    ...(after ?? [])
      .filter(value => !before?.includes(value))
      .map(value => ({
        code: 'EVENT_ENUM_VALUE_ADDED',
        path,
        message: `${value} is new, and refused by its readers`,
      })),
  ]
}

const fieldsOf = ({ properties, required }: JsonSchema) =>
  new Map(
    Object.entries(jsonSchema.catch({}).parse(properties)).map(([name, schema]) => [
      name,
      {
        schema: jsonSchema.catch({}).parse(schema),
        isRequired: Array.isArray(required) && required.includes(name),
      },
    ]),
  )

const isSchema = (value: unknown): value is JsonSchema => jsonSchema.safeParse(value).success

/** The schema without null. */
const nullable = (schema: JsonSchema): { readonly schema: JsonSchema; readonly isNullable: boolean } => {
  if (Array.isArray(schema.type) && schema.type.includes('null')) {
    const types: readonly unknown[] = schema.type.filter(type => type !== 'null')
    return { schema: { ...schema, type: types.length === 1 ? types[0] : types }, isNullable: true }
  }
  const options: readonly unknown[] = Array.isArray(schema.anyOf) ? schema.anyOf : []
  const others = options.filter(option => !isDeepStrictEqual(option, { type: 'null' }))
  const [only] = others
  if (others.length === options.length) return { schema, isNullable: false }
  return { schema: others.length === 1 && isSchema(only) ? only : { anyOf: others }, isNullable: true }
}

// n.b. without the parts that are compared one by one, and without those that only explain, as int64 does: integers always
// had 53 bits
const ownOf = (schema: JsonSchema): JsonSchema => {
  const {
    properties,
    required,
    items,
    additionalProperties,
    enum: values,
    title,
    description,
    format,
    'x-sensitive': isSensitive,
    ...own
  } = schema
  const has = {
    items: isSchema(items) || items,
    fields: isSchema(additionalProperties) || additionalProperties,
  }
  return { ...own, ...has, format: format === 'int64' ? undefined : format, isEnum: values !== undefined }
}

const wordsFor = (schema: JsonSchema): string => JSON.stringify(schema).slice(0, 80)
