import type { EmailContent, LinkKind, TotpKind } from '../domain/email.ts'
import type { Language } from '../domain/language.ts'
import { subjectOf } from '../domain/notification.ts'
import type { OrderContent } from '../domain/order-news.ts'
import type { Texts } from '../domain/texts.ts'
import { withoutLinks } from './plain-words.ts'

/** The content of an e-mail, before it becomes text or HTML. */
export type Letter = {
  readonly subject: string
  readonly heading: string
  readonly paragraphs: readonly string[]
  /** A table of two columns, such as a product and its price. */
  readonly rows: readonly (readonly [string, string])[]
  readonly link: { readonly label: string; readonly url: string }
  /** Why its reader gets it. */
  readonly footer: string
}

/** What a letter is about; its token, if it has one, is in clear. */
export type LetterContent = OrderContent | AccountContent | LinkContent

type LinkContent = { readonly kind: LinkKind; readonly token: string }

type AccountContent = Exclude<EmailContent, { readonly kind: LinkKind | OrderContent['kind'] }>

/** Writes the letter of an e-mail; its links lead to `shopUrl`. */
export const writeLetter = (content: LetterContent, language: Language, shopUrl: string): Letter => {
  const { texts } = language
  switch (content.kind) {
    case 'PASSWORD_RESET':
    case 'EMAIL_VERIFICATION':
    case 'EMAIL_CHANGE':
    case 'EMAIL_CHANGE_UNDO':
      return writeLinkLetter(content, texts, shopUrl)
    case 'WELCOME':
    case 'ACCOUNT_DELETION':
    case 'ACCOUNT_KEPT':
    case 'ACCOUNT_DELETED':
    case 'TOTP_ENABLED':
    case 'TOTP_DISABLED':
    case 'RECOVERY_CODE_USED':
    case 'RECOVERY_CODES_RENEWED':
      return {
        ...writeAccountLetter(content, language),
        rows: [],
        link: { label: texts.toShop, url: shopUrl },
      }
    default:
      return {
        subject: subjectOf(content, language),
        ...writeOrderLetter(content, language),
        link: { label: texts.toOrder, url: orderUrl(shopUrl, content.orderId) },
        footer: texts.optional,
      }
  }
}

const totpTexts = {
  TOTP_ENABLED: 'totpEnabled',
  TOTP_DISABLED: 'totpDisabled',
  RECOVERY_CODE_USED: 'recoveryCodeUsed',
  RECOVERY_CODES_RENEWED: 'recoveryCodesRenewed',
} as const satisfies Readonly<Record<TotpKind, keyof Texts>>

const writeAccountLetter = (
  content: AccountContent,
  { texts, moment }: Language,
): Omit<Letter, 'rows' | 'link'> => {
  const { optional, requested, security } = texts
  switch (content.kind) {
    case 'WELCOME': {
      const { subject, heading, welcome } = texts.welcome
      return { subject, heading, paragraphs: [welcome], footer: optional }
    }
    case 'ACCOUNT_DELETION': {
      const { subject, heading, what, keep, notYou } = texts.accountDeletion
      const paragraphs = [what({ moment: moment(new Date(content.dueAt)) }), keep, notYou]
      return { subject, heading, paragraphs, footer: requested }
    }
    case 'ACCOUNT_KEPT': {
      const { subject, heading, what, notYou } = texts.accountKept
      return { subject, heading, paragraphs: [what, notYou], footer: security }
    }
    case 'ACCOUNT_DELETED': {
      const { subject, heading, what, last } = texts.accountDeleted
      return { subject, heading, paragraphs: [what, last], footer: requested }
    }
    default: {
      const { subject, heading, what, notYou } = texts[totpTexts[content.kind]]
      const left = texts.recoveryCodesLeft({ count: String(content.recoveryCodesLeft) })
      const paragraphs = [what, ...(content.kind === 'TOTP_DISABLED' ? [] : [left]), notYou]
      return { subject, heading, paragraphs, footer: security }
    }
  }
}

const links = {
  PASSWORD_RESET: { text: 'passwordReset', page: 'reset-password', time: '30' },
  EMAIL_VERIFICATION: { text: 'emailVerification', page: 'verify-email', time: '24' },
  EMAIL_CHANGE: { text: 'emailChange', page: 'confirm-email-change', time: '60' },
  EMAIL_CHANGE_UNDO: { text: 'emailChangeUndo', page: 'undo-email-change', time: '7' },
} as const

const writeLinkLetter = ({ kind, token }: LinkContent, texts: Texts, shopUrl: string): Letter => {
  const { text, page, time } = links[kind]
  const { subject, heading, what, notYou, link: label } = texts[text]
  return {
    subject,
    heading,
    paragraphs: [what({ time }), notYou],
    rows: [],
    link: { label, url: linkUrl(shopUrl, page, token) },
    footer: kind === 'EMAIL_CHANGE_UNDO' ? texts.security : texts.requested,
  }
}

const writeOrderLetter = (
  content: OrderContent,
  { texts, money }: Language,
): Omit<Letter, 'subject' | 'link' | 'footer'> => {
  const { number } = content
  const total = [texts.total, money(content.total)] as const
  const rows = [[texts.order, number] as const, total]
  switch (content.kind) {
    case 'ORDER_CONFIRMED': {
      const { heading, what, item } = texts.confirmed
      const { currency } = content.total
      const ordered = content.items.map(({ productName: product, quantity, unitPriceMinor }) => {
        const price = money({ amountMinor: quantity * unitPriceMinor, currency })
        return [item({ quantity: String(quantity), product }), price] as const
      })
      return {
        heading,
        paragraphs: [what({ number })],
        rows: [...ordered, total],
      }
    }
    case 'ORDER_REJECTED': {
      const { heading, nothing } = texts.rejected
      return {
        heading,
        paragraphs: [whyRejected(content, texts), nothing],
        rows,
      }
    }
    case 'ORDER_CANCELLED': {
      const { heading, what } = texts.cancelled
      return {
        heading,
        paragraphs: [what, ...reasonOf(content, texts)],
        rows,
      }
    }
    case 'ORDER_SHIPPED': {
      const { heading, what, ...labels } = texts.shipped
      const carrier = content.carrier === null ? [] : [[labels.carrier, content.carrier] as const]
      return {
        heading,
        paragraphs: [what({ number })],
        rows: [...carrier, [labels.trackingNumber, content.trackingNumber], ...rows],
      }
    }
    case 'ORDER_DELIVERED': {
      const { heading, what } = texts.delivered
      return { heading, paragraphs: [what({ number })], rows }
    }
    case 'ORDER_REFUNDED': {
      const { heading, headingInPart, what, amount: label } = texts.refunded
      const amount = money(content.amount)
      return {
        heading: content.isFull ? heading : headingInPart,
        paragraphs: [what({ amount }), ...reasonOf(content, texts)],
        rows: [[label, amount], ...rows],
      }
    }
    default:
      return content satisfies never
  }
}

/** n.b. a refusal that nobody has translated, or of an event of before refusals were named, is told in English. */
const whyRejected = (
  { refusal, reason }: Extract<OrderContent, { readonly kind: 'ORDER_REJECTED' }>,
  { rejected }: Texts,
): string => new Map<string | undefined, string>(Object.entries(rejected.why)).get(refusal) ?? reason

const reasonOf = ({ reason }: { readonly reason: string | null }, texts: Texts): readonly string[] =>
  reason === null ? [] : [texts.reason({ reason: withoutLinks(reason) })]

/** n.b. in the fragment, which browsers keep to themselves: no server's log and no `Referer` ever has the token */
const linkUrl = (shopUrl: string, page: string, token: string): string =>
  `${shopUrl.replace(/\/$/, '')}/${page}#token=${encodeURIComponent(token)}`

const orderUrl = (shopUrl: string, orderId: string): string =>
  `${shopUrl.replace(/\/$/, '')}/orders/${encodeURIComponent(orderId)}`
