import { domainToASCII, domainToUnicode } from 'node:url'
import { z } from 'zod'

/** An e-mail address as its owner writes it and as mail servers take it. */
export type EmailAddress = {
  /** In lower case; its domain is in Unicode if that is how it was written. */
  readonly shown: string
  /** In lower case and composed (NFC), with the domain in punycode: equal for all ways of writing one address. */
  readonly canonical: string
}

/**
 * An e-mail address for a zod schema, as browsers take it (the HTML standard's production of a valid e-mail address) once its domain
 * is in ASCII (UTS 46), and with letters and digits of all scripts before the @ (RFC 6531): 64 bytes at most there, 254 in all. The
 * case makes no difference.
 */
export const emailAddress = z
  .string()
  .trim()
  .transform((text, context): EmailAddress => {
    const problem = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const at = text.lastIndexOf('@')
    const [written, domain] = [text.slice(0, at), text.slice(at + 1)]
    if (at < 1) return problem(example)
    const local = written.normalize('NFC').toLowerCase().normalize('NFC')
    const ascii = toAscii(domain)
    const canonical = `${local}@${ascii?.toLowerCase() ?? ''}`
    const stranger = foreign.exec(written)?.[0]
    if (stranger !== undefined) return problem(`${onlyLetters}: "${stranger}" is none.`)
    if (Buffer.byteLength(local) > maxLocal)
      return problem(`Put an address there with at most ${maxLocal} characters before the @.`)
    if (Buffer.byteLength(canonical) > maxLength)
      return problem(`Put an e-mail address of at most ${maxLength} characters there.`)
    if (ascii === undefined || !html.test(canonical.replaceAll(unicodeLetter, 'x'))) return problem(example)
    if (looksLikeAscii(written) || local.split(/[.+]/).some(isMixed))
      return problem(`${onlyLetters} of one alphabet: some of these only look alike.`)
    if (domainToUnicode(ascii).split('.').some(isMixed))
      return problem(
        'Put an address there whose domain has letters of one alphabet: some of these only look alike.',
      )
    const isUnicode = /[^\p{ASCII}]/u.test(domain)
    return { shown: `${local}@${isUnicode ? domainToUnicode(ascii) : ascii.toLowerCase()}`, canonical }
  })

/** Whether every mail server takes an address, as `emailAddress` gives it: others need SMTPUTF8 (RFC 6531). */
export const isAsciiAddress = (canonical: string): boolean => /^\p{ASCII}*$/u.test(canonical)

const unicodeLetter = /(?!\p{ASCII})[\p{L}\p{M}\p{Nd}]/gu
const onlyLetters = 'Put an address there that has, before the @, ASCII characters or letters'
/** n.b. a mark that has nothing to stand on is none of a letter; what is invisible or unassigned needs no name */
const foreign = /(?![\p{C}\p{L}\p{M}\p{Nd}])[^\p{ASCII}]|(?<![\p{L}\p{M}\p{Nd}])\p{M}/u

/**
 * A character that is another form of an ASCII one, such as a wide letter, a ligature or the Kelvin sign, and a dot above that an i has
 * anyway: written in lower case, it would look like another account's address or be it.
 */
const looksLikeAscii = (local: string): boolean =>
  /[ij]\u0307/u.test(local.normalize('NFC').toLowerCase()) ||
  Array.from(local).some(letter => letter > '\u007f' && /\p{ASCII}/u.test(letter.normalize('NFKC')))

/** The alphabets whose letters look like letters of one another (UTS 39); no word has letters of two of them. */
const alike = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
]

const isMixed = (label: string): boolean => alike.filter(script => script.test(label)).length > 1

const maxLocal = 64
const maxLength = 254
const example = 'Put an e-mail address there, such as ada@example.com.'
const html = z.regexes.html5Email

/** A domain in ASCII, or undefined if it is none. */
const toAscii = (domain: string): string | undefined => {
  // n.b. domainToASCII reads a host of a URL, which a "/" ends, and makes an IP address of numbers
  if (/(?![a-z\d.-])\p{ASCII}/iu.test(domain) || !domain.isWellFormed()) return undefined
  const ascii = domainToASCII(domain)
  const labels = ascii.split('.')
  const isAddress = /^(\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')
  return isAddress || labels.some(isBrokenPunycode) ? undefined : ascii
}

/** n.b. domainToASCII lets every domain pass that is ASCII already. */
const isBrokenPunycode = (label: string): boolean => {
  if (!label.startsWith('xn--')) return false
  const unicode = domainToUnicode(label)
  return unicode === label || domainToASCII(unicode) !== label
}
