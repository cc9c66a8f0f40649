import type { DocumentNode } from 'graphql'
import { parseWithin } from './parse.ts'
import { tooLarge } from './refusal.ts'
import { shapesOf } from './shape.ts'

/** The most tokens that a document may have, and the most that each of its operations may have of the rest. */
export type LimitSettings = Readonly<
  Record<
    'MAX_TOKENS' | 'MAX_ROOT_FIELDS' | 'MAX_ALIASES' | 'MAX_DIRECTIVES' | 'MAX_DEPTH' | 'MAX_SELECTIONS',
    number
  >
>

/** Reads the documents of clients. */
export type Documents = ReturnType<typeof createDocuments>

/**
 * Reads documents before anything else does. Throws OPERATION_TOO_LARGE for one that is past a limit, and
 * GRAPHQL_PARSE_FAILED for one that is no GraphQL.
 */
export const createDocuments = (settings: LimitSettings) => {
  const limits = [
    ['rootFields', settings.MAX_ROOT_FIELDS],
    ['aliases', settings.MAX_ALIASES],
    ['directives', settings.MAX_DIRECTIVES],
    ['depth', settings.MAX_DEPTH],
    ['selections', settings.MAX_SELECTIONS],
  ] as const

  const parse = (text: string): DocumentNode => {
    const document = parseWithin(text, settings.MAX_TOKENS)
    for (const shape of shapesOf(document)) {
      for (const [limit, allowed] of limits) {
        const found = shape[limit]
        if (found > allowed) throw tooLarge(limit, { allowed, found })
      }
    }
    return document
  }

  return { parse }
}
