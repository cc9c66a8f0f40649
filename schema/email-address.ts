import { domainToASCII, domainToUnicode } from 'node:url'
import { z } from 'zod'

/** An e-mail address as its owner writes it and as mail servers take it. */
export type EmailAddress = {
  /** In lower case; its domain is in Unicode if that is how it was written. */
  readonly shown: string
  /** ASCII, in lower case, with the domain in punycode: equal for all ways of writing one address. */
  readonly canonical: string
}

/**
 * An e-mail address for a zod schema, as browsers take it (the HTML standard's production of a valid e-mail address) once
 * its domain is in ASCII (UTS 46): 64 characters at most before the @, 254 in all. The part before the @ is ASCII, since
 * many mail servers take no other (SMTPUTF8); its case makes no difference.
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
    const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
    if (at < 1) return problem(example)
    // n.b. before anything is lowered: the Kelvin sign would become a k, and another account's address
    const foreign = /(?!\p{C})[^\p{ASCII}]/u.exec(local)?.[0]
    if (foreign !== undefined) {
      return problem(
        `Put an address there that has only ASCII characters before the @: "${foreign}" is none.`,
      )
    }
    const ascii = toAscii(domain)
    const canonical = `${local}@${ascii ?? ''}`.toLowerCase()
    if (local.length > maxLocal)
      return problem(`Put an address there with at most ${maxLocal} characters before the @.`)
    if (canonical.length > maxLength)
      return problem(`Put an e-mail address of at most ${maxLength} characters there.`)
    if (ascii === undefined || !html.test(canonical)) return problem(example)
    const isUnicode = /[^\p{ASCII}]/u.test(domain)
    return { shown: `${local.toLowerCase()}@${isUnicode ? domainToUnicode(ascii) : ascii}`, canonical }
  })

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
