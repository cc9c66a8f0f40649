const mostWords = 10

/**
 * Those of the words that somebody may have meant who typed `typed`, the likeliest first and at most 10: one letter is
 * missing, too many, wrong or changed places with the next one; from 8 letters on, two. Also a word that begins so with one error.
 */
export const similarWords = <W extends { readonly word: string }>(
  typed: string,
  words: readonly W[],
): readonly W[] => {
  const typedLetters = Array.from(typed)
  const mostErrors = typedLetters.length < 8 ? 1 : 2
  return words
    .map(known => ({ known, errors: typingErrors(typedLetters, Array.from(known.word)) }))
    .filter(({ errors }) => Math.floor(errors) <= mostErrors)
    .toSorted((a, b) => a.errors - b.errors)
    .slice(0, mostWords)
    .map(({ known }) => known)
}

/** The optimal string alignment distance; half an error more than that of the nearest beginning of the word, if that is less. */
const typingErrors = (typed: readonly string[], word: readonly string[]): number => {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: word.length + 1 }, (_, column) => column)
  for (const [row, letter] of typed.entries()) {
    const next = [row + 1]
    for (const [column, other] of word.entries()) {
      const isSwapped = row > 0 && column > 0 && letter === word[column - 1] && typed[row - 1] === other
      next.push(
        Math.min(
          at(last, column + 1) + 1,
          at(next, column) + 1,
          at(last, column) + (letter === other ? 0 : 1),
          isSwapped ? at(beforeLast, column - 1) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = next
  }
  return Math.min(at(last, word.length), Math.min(...last) + 0.5)
}

const at = (distances: readonly number[], column: number): number =>
  distances[column] ?? Number.POSITIVE_INFINITY
