const shareOfOddWords = 0.1

/**
 * The first line of a text, decoded as Windows-1252, that was written in another encoding; undefined if the text makes
 * sense as it is. Encodings of one byte a character can't be told apart for sure: what gives them away are words that no
 * language of Western Europe has.
 */
export const firstForeignLine = (text: string): number | undefined => {
  const words = [...text.matchAll(/[^\s,;|"]*[^\0-\x7f\s,;|"][^\s,;|"]*/g)]
  const odd = words.filter(([word]) => isOdd(word))
  const [first] = odd
  if (first === undefined || odd.length < words.length * shareOfOddWords) return undefined
  return text.slice(0, first.index).split(/\r\n|\r|\n/).length
}

const isOdd = (word: string): boolean =>
  unused.test(word) || signInWord.test(word) || capitalInWord.test(word) || isMostlyForeign(word)

/** What Windows-1252 does not have, or has and nobody writes: ISO-8859-15 has the euro in the place of `¤`. */
const unused = /[\u0080-\u009f¤¨]/

const signInWord = /\p{L}[¢£¥¦§¨©«¬®¯°±³¶¸¹º»¼½¾¿×÷‚„…†‡ˆ‰‹ƒ”]\p{L}/u

const capitalInWord = /[a-z][À-ÖØ-ÞŒŠŽŸ]/

/** Whether hardly a letter is ASCII, as in Greek, Cyrillic, Hebrew, Thai or Chinese that was decoded wrongly. */
const isMostlyForeign = (word: string): boolean => {
  const foreign = word.match(/[^\0-\x7f\P{L}]/gu)?.length ?? 0
  const ascii = word.match(/[A-Za-z]/g)?.length ?? 0
  return foreign > ascii && /[^\0-\x7f\P{L}]{2}/u.test(word)
}
