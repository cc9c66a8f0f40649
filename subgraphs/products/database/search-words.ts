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
  /** The parts of a sku that it would be, in their order; none if it is shorter than 3 letters and digits. */
  readonly sku: readonly SkuPart[]
}

/** Four letters or digits of a sku that follow each other, or three that a part begins with. */
export type SkuPart = WordUses & { readonly isBeginning: boolean }

/** A word, or a pair of characters of a script without blanks. `uses` is about how many products have it. */
export type KnownWord = {
  readonly text: string
  readonly place: number
  readonly isPair: boolean
  /** Whether it means nothing by itself, such as `the`. */
  readonly isPassedOver: boolean
  readonly stem: string | null
  readonly usesOfStem: number
  /** Words of the catalogue that begin so, itself first, then by use; `hasMore` if these are not all. */
  readonly beginnings: readonly WordUses[]
  readonly hasMore: boolean
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
      sku: z.array(wordUses.extend({ isBeginning: z.boolean() })),
    }),
  ),
})

/** n.b. a search of many words would else be one of thousands of them */
const mostBeginnings = 50
const mostBeginningsOfAll = 150
const leastBeginnings = 5

/** n.b. one character may stand for 18, and a search of 200 has no end of words then */
const wordsPerTerm = 64

const statement = `
  select left(search_text($1), 200) as name, left(replace(search_text($1), ' ', ''), 200) as sku,
    (select last_value from searchable_products_place) as "lastPlace", (
    select coalesce(json_agg(json_build_object('words', words, 'sku', sku) order by number), '[]')
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
          group by word order by word = token desc, max(uses) desc limit $4 + 1
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
      select coalesce(json_agg(json_build_object(
        'word', part, 'isBeginning', is_beginning, 'uses', coalesce(uses, 0)) order by place), '[]') as sku
      from (
        select '@' || substr(compact, place, 4) as part, place, char_length(compact) = 3 as is_beginning
        from (select replace(search_text(term), ' ', '') as compact) as skus,
          generate_series(1, case char_length(compact) when 3 then 1 else least(char_length(compact) - 3, ${wordsPerTerm}) end) as place
      ) as skus
      left join lateral (
        select sum(uses) as uses from search_words
        where word >= part and word < part || case when is_beginning then chr(1114111) else chr(1) end
      ) as counted on true
    ) as parted
  ) as terms`

/** Looks up the terms of a search; `isCorrected` looks for typing errors in words that the catalogue has, too. */
export const readSearchWords = async (
  database: DataSource,
  search: string,
  terms: readonly SearchTerm[],
  isCorrected: boolean,
): Promise<KnownSearch> => {
  const texts = [...new Set(terms.map(({ text }) => text))]
  const most = Math.min(
    mostBeginnings,
    leastBeginnings + Math.floor(mostBeginningsOfAll / (texts.length || 1)),
  )
  const found = await row(database, shape, statement, [search, texts, isCorrected, most])
  if (found === undefined) throw new Error('A statement without a table returned no row.')
  const { name, sku, lastPlace } = found
  return {
    name,
    sku,
    lastPlace,
    terms: terms.map(term => {
      const { words = [], sku = [] } = found.terms[texts.indexOf(term.text)] ?? {}
      return {
        ...term,
        sku,
        words: words.map(({ near, beginnings, ...word }) => ({
          ...word,
          beginnings: beginnings.slice(0, most),
          hasMore: beginnings.length > most,
          similar: similarWords(word.text, near),
        })),
      }
    }),
  }
}
