import { dictionary } from '@zxcvbn-ts/language-common'

const shortest = 10
const longest = 200

const fewestDifferent = 5

/**
 * Whether an account may have this password. It has 10 to 200 characters, without the spaces around it, and at least 5
 * different ones. It is no straight run of characters, no common password, and none of the texts in `known` about its
 * owner. Upper and lower case make no difference.
 */
export const isAcceptablePassword = (password: string, known: readonly string[] = []): boolean => {
  const compared = comparable(password)
  return (
    [...password.trim()].length >= shortest &&
    [...password].length <= longest &&
    new Set(compared).size >= fewestDifferent &&
    !isStraightRun(compared) &&
    !commonPasswords.has(compared) &&
    !known.some(text => comparable(text) === compared)
  )
}

const comparable = (text: string): string => text.normalize('NFKC').trim().toLowerCase()

/** Whether each character follows the one before it, as in `abcdef`, or each precedes it, as in `987654`. */
const isStraightRun = (text: string): boolean => {
  const codes = Array.from(text, character => character.codePointAt(0) ?? 0)
  const steps = new Set(codes.slice(1).map((code, index) => code - (codes[index] ?? 0)))
  return steps.size === 1 && (steps.has(1) || steps.has(-1))
}

// n.b. the list's words are in lower case, and most are too short anyway
const commonPasswords: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter(common => common.length >= shortest),
)
