import type { GraphQLError } from 'graphql'
import { gatewayError } from '../errors.ts'

/** What a document, one of its operations or a JSON value may have too much of. */
export type Limit =
  | 'tokens'
  | 'comments'
  | 'name'
  | 'nesting'
  | 'values'
  | 'rootFields'
  | 'aliases'
  | 'directives'
  | 'depth'
  | 'selections'
  | 'cost'
  | 'fetches'

/** What goes with a refusal: the most that is allowed, and how much there is if it was counted to the end. */
type Figures = { readonly allowed: number; readonly found?: number }

const inWords: Readonly<Record<Limit, (allowed: string, found: string) => string>> = {
  tokens: allowed =>
    `The document has more than ${allowed} tokens (names, values and punctuation), the most that is allowed: put long values into variables, or send the fields in several documents.`,
  comments: allowed =>
    `The document has more than ${allowed} comments, the most that is allowed: send it without them.`,
  name: allowed =>
    `A name in the document is longer than ${allowed} characters, the most that is allowed: shorten it.`,
  nesting: allowed =>
    `Brackets, fragments or values of variables are nested more than ${allowed} deep, the most that is allowed: ask for less at a time.`,
  values: allowed =>
    `The variables have more than ${allowed} fields and elements, the most that is allowed: send them in several operations.`,
  rootFields: (allowed, found) =>
    `The operation has ${found} fields at its root, and ${allowed} are allowed: send the rest in another operation.`,
  aliases: (allowed, found) =>
    `The operation has ${found} aliases, and ${allowed} are allowed: ask for lists instead of many single things, or send several operations.`,
  directives: (allowed, found) =>
    `The operation has ${found} directives, and ${allowed} are allowed: put one directive around fields that belong together, or send several operations.`,
  depth: (allowed, found) =>
    `The operation selects fields ${found} deep, and ${allowed} levels are allowed: ask for the rest in another operation, by its id.`,
  selections: (allowed, found) =>
    `The operation selects ${found} fields and fragments, counted again wherever a fragment is spread, and ${allowed} are allowed: ask for less at a time.`,
  cost: (allowed, found) =>
    `The operation costs ${found}, and ${allowed} are allowed: ask for smaller pages, for fewer lists inside lists, or send several operations.`,
  fetches: (allowed, found) =>
    `The operation takes ${found} requests to subgraphs, and ${allowed} are allowed: ask for lists instead of many aliases of things that several subgraphs know, or send several operations.`,
}

/** The refusal of what is too large, with its figures. */
export const tooLarge = (limit: Limit, { allowed, found }: Figures): GraphQLError => {
  const error = gatewayError('OPERATION_TOO_LARGE', inWords[limit](figure(allowed), figure(found)))
  Object.assign(error.extensions, { limit, allowed, found: found && Math.ceil(found) })
  return error
}

const figure = (count = 0): string => Math.ceil(count).toLocaleString('en')
