import { expect, it } from 'vitest'
import { z } from 'zod'
import { contracts } from './contracts.ts'

/** Words in the names of fields that may tell of a person, or open something. */
const suspicious: ReadonlySet<string> = new Set(
  `name email mail address street line city postal zip phone birth recipient reason note comment message text description
  tracking carrier token secret password key card iban session ip agent`.split(/\s+/),
)

/** Fields with such a name that everyone may see, and why. */
const accepted: Readonly<Record<string, string>> = {
  'order.staff-acted: sessionId': 'it opens nothing without a token that is signed',
  'product.staff-acted: sessionId': 'it opens nothing without a token that is signed',
  'order.confirmed: items[].productName': 'the catalogue is public',
  'product.updated: name': 'the catalogue is public',
  'session.ended: sessionId': 'it opens nothing without a token that is signed',
  'session.ended: reason': 'one of four words, none of which somebody wrote',
}

type Field = { readonly path: string; readonly isMarked: boolean }

/** The fields in a JSON Schema that hold no others; what lies in something that is marked is marked. */
const fieldsIn = (
  schema: z.core.JSONSchema._JSONSchema,
  path: string,
  isMarked = false,
): readonly Field[] => {
  if (typeof schema === 'boolean' || schema.type === 'null') return []
  const isOwnMarked = isMarked || schema['x-sensitive'] === true
  const { properties = {}, items = [], anyOf = [], oneOf = [], additionalProperties = false } = schema
  const inside = [
    ...Object.entries(properties).flatMap(([name, field]) =>
      fieldsIn(field, path === '' ? name : `${path}.${name}`, isOwnMarked),
    ),
    ...[items].flat().flatMap(item => fieldsIn(item, `${path}[]`, isOwnMarked)),
    ...[...anyOf, ...oneOf, additionalProperties].flatMap(option => fieldsIn(option, path, isOwnMarked)),
  ]
  return inside.length > 0 ? inside : [{ path, isMarked: isOwnMarked }]
}

const isSuspicious = (path: string): boolean =>
  path
    .split(/(?=[A-Z])|[^a-zA-Z]+/)
    .some(word => suspicious.has(word.toLowerCase()) || suspicious.has(word.toLowerCase().replace(/s$/, '')))

const suspects = contracts.flatMap(({ type, dataSchema }) =>
  fieldsIn(z.toJSONSchema(dataSchema, { io: 'output' }), '')
    .filter(({ path }) => isSuspicious(path))
    .map(({ path, isMarked }) => ({ path: `${type}: ${path}`, isMarked })),
)

it('marks each field as sensitive whose name tells of a person or of a secret, but for the accepted ones', () => {
  const shown = suspects.filter(({ isMarked }) => !isMarked).map(({ path }) => path)
  expect(shown.toSorted()).toEqual(Object.keys(accepted).toSorted())
})
