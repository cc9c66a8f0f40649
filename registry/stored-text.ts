import { z } from 'zod'

/** A text that PostgreSQL keeps as it is, of at most this many characters; what is wrong with another one names the line. */
export const storedText = (maxLength = Number.POSITIVE_INFINITY) =>
  z.string().superRefine((text, { addIssue }) => {
    const problem = problemOfText(text, maxLength)
    if (problem !== undefined) addIssue({ code: 'custom', message: problem })
  })

/** Why PostgreSQL would not keep a text as it is; undefined if it would. */
export const problemOfText = (text: string, maxLength = Number.POSITIVE_INFINITY): string | undefined => {
  if (text.length > maxLength) return `It has more than ${maxLength} characters: shorten it`
  const at = text.indexOf('\0')
  if (at !== -1) return `It has a NUL character in line ${lineAt(text, at)}: leave it out`
  return text.isWellFormed() ? undefined : 'It has half of a character: it is no Unicode'
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split(/\r\n|[\r\n]/).length
