import { row } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { SearchTerm } from './search-query.ts'
import { similarWords } from './typing-errors.ts'

/** What the catalogue knows of a search: its words, term by term. */
export type KnownSearch = {
  /** The whole search as names and skus are compared with it. */
  readonly name: string
  readonly sku: string
  readonly terms: readonly KnownTerm[]
  /** The place of the product that the search got last. */
  readonly lastPlace: number
}

export type KnownTerm = SearchTerm & {
  readonly words: readonly KnownWord[]
  readonly sku: { readonly parts: readonly string[]; readonly uses: number }
}

/** A word, or a pair of characters of a script without blanks. `uses` is about how many products have it. */
export type KnownWord = {
  readonly text: string
  readonly place: number
  readonly isPair: boolean
  /** Whether it means nothing by itself, such as `the`. */
  readonly isPassedOver: boolean
  readonly stem: string | null
  readonly usesOfStem: number
  /** Words of the catalogue that begin so, itself first, then by use; at most 51. */
  readonly beginnings: readonly WordUses[]
  /** Words of the catalogue that it may be meant for, the likeliest first; only if none begins so or has its stem, or if asked for. */
  readonly similar: readonly WordUses[]
}

/** A word of the catalogue, and about how many products have it. */
export type WordUses = { readonly word: string; readonly uses: number }

const uses = z.coerce.number()
const wordUses = z.object({ word: z.string(), uses })
const shape = z.object({
  name: z.string(),
  sku: z.string(),
  lastPlace: z.coerce.number(),
  terms: z.array(
    z.object({
      words: z.array(
        z.object({
          text: z.string(),
          place: z.number(),
          isPair: z.boolean(),
          isPassedOver: z.boolean(),
          stem: z.string().nullable(),
          usesOfStem: uses,
          beginnings: z.array(wordUses),
          near: z.array(wordUses),
        }),
      ),
      parts: z.array(z.object({ part: z.string(), uses })),
    }),
  ),
})

/** n.b. one character may stand for 18, and a search of 200 has no end of words then */
const wordsPerTerm = 64

const statement = `
  select left(search_text($1), 200) as name, left(replace(search_text($1), ' ', ''), 200) as sku, (select last_value from searchable_products_place) as "lastPlace", (
    select coalesce(json_agg(json_build_object('words', words, 'parts', parts) order by number), '[]')
    from unnest($2::text[]) with ordinality as terms (term, number)
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        'text', token, 'place', place, 'isPair', is_pair, 'stem', stem, 'usesOfStem', coalesce(stem_uses, 0),
        'isPassedOver', token ~ '^[a-z]+$' and ts_lexize('english_stem', token) = '{}',
        'beginnings', beginnings, 'near', near) order by place), '[]') as words
      from (
        select left(token, 64) as token, place, search_stem(left(token, 64)) as stem, is_pair(token) as is_pair
        from unnest(string_to_array(spaced_text(term), ' ')) with ordinality as split (token, place)
        where token <> '' order by place limit ${wordsPerTerm}
      ) as tokens
      cross join lateral (
        select sum(uses) as stem_uses from search_words where word in (stem, '~' || stem)
      ) as stemmed
      cross join lateral (
        select coalesce(json_agg(json_build_object('word', word, 'uses', uses)), '[]') as beginnings,
               count(*) as found
        from (
          select word, max(uses) as uses from search_words
          where word >= token and word < token || case when is_pair then chr(1) else chr(1114111) end
          group by word order by word = token desc, max(uses) desc limit 51
        ) as begun
      ) as begun
      cross join lateral (
        select coalesce(json_agg(json_build_object('word', word, 'uses', uses)), '[]') as near
        from (
          select word, max(uses) as uses from search_words
          where ($3 or found = 0 and stem_uses is null) and not is_pair and token ~ '^\\D{4,32}$'
            and typo_forms(word) && typo_forms(token) and word ~ '^[^@~\\d]{3,}$'
          group by word order by max(uses) desc limit 400
        ) as alike
      ) as alike
    ) as worded
    cross join lateral (
      select coalesce(json_agg(json_build_object('part', part, 'uses', coalesce(uses, 0)) order by place), '[]') as parts
      from (
        select '@' || substr(compact, place, 3) as part, place
        from (select replace(search_text(term), ' ', '') as compact) as skus,
          generate_series(1, least(char_length(compact) - 2, ${wordsPerTerm})) as place
      ) as skus
      left join lateral (select max(uses) as uses from search_words where word = part) as counted on true
    ) as parted
  ) as terms`

/** Looks up the terms of a search; `isCorrected` looks for typing errors in words that the catalogue has, too. */
export const readSearchWords = async (
  database: DataSource,
  search: string,
  terms: readonly SearchTerm[],
  isCorrected: boolean,
): Promise<KnownSearch> => {
  const found = await row(database, shape, statement, [search, terms.map(term => term.text), isCorrected])
  if (found === undefined) throw new Error('A statement without a table returned no row.')
  const { name, sku, lastPlace } = found
  return {
    name,
    sku,
    lastPlace,
    terms: terms.map((term, index) => {
      const { words = [], parts = [] } = found.terms[index] ?? {}
      return {
        ...term,
        words: words.map(({ near, ...word }) => ({ ...word, similar: similarWords(word.text, near) })),
        sku: { parts: parts.map(({ part }) => part), uses: Math.min(...parts.map(part => part.uses)) },
      }
    }),
  }
}
