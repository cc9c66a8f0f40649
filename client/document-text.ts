import { type DocumentNode, Kind, print } from 'graphql'

/** A document as text, as GraphQL Code Generator's `documentMode: 'string'` writes it, or as `gql` parses it. */
// biome-ignore lint/complexity/noBannedTypes: Code Generator's class extends String, and is no text itself
export type AnyDocument = string | String | DocumentNode

const printed = new WeakMap<DocumentNode, string>()

/**
 * The text of a document; throws a TypeError for anything else. A parsed document is printed, since what it was parsed from
 * does not show what was added to it later, such as `__typename`.
 */
export const documentText = (document: AnyDocument): string => {
  if (typeof document === 'string') return document
  if (isText(document)) return document.toString()
  if (!isDocument(document))
    throw new TypeError(
      `A document must be a text or what gql or GraphQL Code Generator makes of one, not ${nameOf(document)}.`,
    )
  const text = printed.get(document) ?? print(document)
  printed.set(document, text)
  return text
}

// n.b. a text object of another frame is no instance of this one's String
const isText = (document: unknown): document is object =>
  Object.prototype.toString.call(document) === '[object String]'

const isDocument = (document: unknown): document is DocumentNode =>
  typeof document === 'object' &&
  document !== null &&
  'kind' in document &&
  document.kind === Kind.DOCUMENT &&
  'definitions' in document &&
  Array.isArray(document.definitions)

const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'no properties'}`
    : String(value)
