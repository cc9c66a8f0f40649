import { hash } from 'node:crypto'
import { createCache } from '@supergraph/runtime/cache.ts'
import type { DocumentNode } from 'graphql'
import type { TrustedDocuments } from '../documents/trusted-documents.ts'
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

const maxKnownBytes = 4 * 1024 * 1024

/**
 * Reads documents before anything else does. Throws OPERATION_TOO_LARGE for one that is past a limit, and
 * GRAPHQL_PARSE_FAILED for one that is no GraphQL; before that, QUERY_NOT_IN_SAFELIST for one that is not trusted, if
 * some are.
 */
export const createDocuments = (settings: LimitSettings, trusted?: Pick<TrustedDocuments, 'check'>) => {
  const limits = [
    ['rootFields', settings.MAX_ROOT_FIELDS],
    ['aliases', settings.MAX_ALIASES],
    ['directives', settings.MAX_DIRECTIVES],
    ['depth', settings.MAX_DEPTH],
    ['selections', settings.MAX_SELECTIONS],
  ] as const
  const known = createCache<true>({ maxBytes: maxKnownBytes, sizeOf: () => 0 })

  const parse = (text: string): DocumentNode => {
    trusted?.check(text)
    const document = parseWithin(text, settings.MAX_TOKENS)
    for (const shape of shapesOf(document)) {
      for (const [limit, allowed] of limits) {
        const found = shape[limit]
        if (found > allowed) throw tooLarge(limit, { allowed, found })
      }
    }
    return document
  }

  return {
    parse,
    /** Only checks a document; one that was within the limits before is not parsed again. */
    check: (text: string): void => {
      const key = hash('sha256', text)
      if (known.get(key)) return
      parse(text)
      known.set(key, true)
    },
  }
}
