import type { Rule } from '@supergraph/postgres/throttle/rule.ts'
import type { Counted, Throttle } from '@supergraph/postgres/throttle/throttle.ts'
import { type EmailContent, isLinkKind, linkPurposes } from '../domain/email.ts'

/** How many e-mails one mailbox gets. */
export type MailLimits = {
  readonly WELCOME_LIMIT_PER_MAILBOX: Rule
  readonly MAIL_LIMIT_PER_MAILBOX: Rule
}

export type MailThrottle = ReturnType<typeof createMailThrottle>

/** Keeps anyone from flooding a mailbox, which need not be their own, with the shop's e-mails. */
export const createMailThrottle = (throttle: Throttle, limits: MailLimits) => {
  // n.b. counted apart, so that welcomes to strangers' accounts hold up no order's e-mail, and no link holds up another kind's
  const countedOf = (kind: EmailContent['kind'], address: string): readonly Counted[] => {
    const of = mailboxOf(address)
    if (kind === 'WELCOME') return [{ kind: 'welcomes', rule: limits.WELCOME_LIMIT_PER_MAILBOX, of }]
    const counted = isLinkKind(kind) ? `${linkPurposes[kind]}s` : 'letters'
    return [{ kind: counted, rule: limits.MAIL_LIMIT_PER_MAILBOX, of }]
  }
  return {
    /** Counts an e-mail of this kind to this address; returns how long to wait first, in ms, or 0. */
    take: (kind: EmailContent['kind'], address: string): Promise<number> =>
      throttle.take(countedOf(kind, address)),
    /** Takes back an e-mail that the mail server did not take. */
    giveBack: (kind: EmailContent['kind'], address: string): Promise<void> =>
      throttle.giveBack(countedOf(kind, address)),
  }
}

/** The mailbox of an address: `ada+shop@example.com` is one of many names of `ada@example.com`. */
export const mailboxOf = (address: string): string => address.toLowerCase().replace(/(?<=.)\+[^@]*(?=@)/, '')
