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
