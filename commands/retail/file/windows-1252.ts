const shareOfOddWords = 0.2

/**
 * The first line of a text, decoded as Windows-1252, that was written in another encoding; undefined if the text makes
 * sense as it is. Encodings of one byte a character can't be told apart for sure: what gives them away are words that no
 * language of Western Europe has.
 */
export const firstForeignLine = (text: string): number | undefined => {
  let words = 0
  let odd = 0
  let firstAt = 0
  for (const { 0: word, index } of text.matchAll(/[^\s,;|"]+/g)) {
    if (!/[^\0-\x7f]/.test(word)) continue
    words += 1
    if (!isOdd(word)) continue
    odd += 1
    if (odd === 1) firstAt = index
  }
  return odd > words * shareOfOddWords ? text.slice(0, firstAt).split(/\r\n|\r|\n/).length : undefined
}

const isOdd = (word: string): boolean =>
  unused.test(word) || signInWord.test(word) || capitalInWord.test(word) || isMostlyForeign(word)

/** What Windows-1252 does not have, or has and nobody writes: ISO-8859-15 has the euro in the place of `¤`. */
const unused = /[\u0080-\u009f¤¨]/

const signInWord = /\p{L}[¢£¥¦§¨©«¬®¯°±³¶¸¹º»¼½¾¿×÷‚„…†‡ˆ‰‹ƒ”]\p{L}/u

const capitalInWord = /[a-z][À-ÖØ-ÞŒŠŽŸ]/

/** Whether the letters are not ASCII, as in Greek, Cyrillic, Hebrew, Thai or Chinese that was decoded wrongly. */
const isMostlyForeign = (word: string): boolean =>
  /[^\0-\x7f\P{L}]{4}/u.test(word) || (/[^\0-\x7f\P{L}]{2}/u.test(word) && !/[A-Za-z]/.test(word))
