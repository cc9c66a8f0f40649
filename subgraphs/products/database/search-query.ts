/** What a search asks for: products with all terms of at least one of the groups. */
export type SearchQuery = readonly (readonly SearchTerm[])[]

/** A word, or a phrase that stands in quotes; `isExcluded` if it must not occur. */
export type SearchTerm = { readonly text: string; readonly isPhrase: boolean; readonly isExcluded: boolean }

const quotes = '"\u00ab\u00bb\u201c-\u201f\u2033\u2036\u300c-\u300f\u301d-\u301f\uff02'
const term = new RegExp(`(-?)(?:[${quotes}]([^${quotes}]*)[${quotes}]?|([^\\s${quotes}]+))`, 'gu')

/** Reads a search as people write it on the web: words, phrases in any quotes, `-word` for without, `or` for either. */
export const parseSearch = (search: string): SearchQuery => {
  const groups: SearchTerm[][] = [[]]
  for (const [, minus, phrase, word = ''] of search.matchAll(term)) {
    if (minus === '' && word.toLowerCase() === 'or') groups.push([])
    else
      groups.at(-1)?.push({ text: phrase ?? word, isPhrase: phrase !== undefined, isExcluded: minus === '-' })
  }
  return groups.filter(group => group.length > 0)
}

/** Adds a value to a statement and returns the SQL that stands for it. */
type Bind = (value: string, type: 'text') => string

/** SQL of two text searches: `narrow` takes whole words or their stems, `wide` the beginnings of words too. */
export const toTextSearch = (
  search: string,
  bind: Bind,
): { readonly narrow: string; readonly wide: string } => {
  const groups = parseSearch(search).map(group =>
    group.map(({ text, isPhrase, isExcluded }) => {
      const words = `search_text(${bind(text, 'text')})`
      const whole = `${isPhrase ? 'phraseto' : 'plainto'}_tsquery('english', ${words})`
      if (isExcluded) return { narrow: `(!! ${whole})`, wide: `(!! ${whole})` }
      return { narrow: whole, wide: isPhrase ? whole : orBeginningsOf(words, whole) }
    }),
  )
  const join = (form: 'narrow' | 'wide') =>
    groups.map(terms => `(${terms.map(sql => sql[form]).join(' && ')})`).join(' || ') || `''::tsquery`
  return { narrow: join('narrow'), wide: join('wide') }
}

/** n.b. a word without a meaning of its own, such as `the`, is passed over, and so is all that begins with it. */
const orBeginningsOf = (words: string, whole: string): string => {
  const beginnings = `to_tsquery('simple', replace(regexp_replace(${words}, '\\S+', '\\&:*', 'g'), ' ', ' & '))`
  return `(case numnode(${whole}) when 0 then ${whole} else ${whole} || ${beginnings} end)`
}
