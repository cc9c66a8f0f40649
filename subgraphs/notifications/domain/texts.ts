import { z } from 'zod'

/** The names in braces that stand in a text, in alphabetical order. */
const placeholdersIn = (words: string): readonly string[] =>
  [...new Set(Array.from(words.matchAll(/\{(\w+)\}/g), ([, name = '']) => name))].toSorted()

/** Words that have exactly these placeholders, such as {number}, as a function that fills them in. */
const text = <Name extends string>(...names: readonly Name[]) =>
  z
    .string()
    .min(1)
    .refine(words => placeholdersIn(words).join() === names.toSorted().join(), {
      error: `put these placeholders into this text, and no others: ${names.map(name => `{${name}}`).join(', ') || 'none'}`,
    })
    .transform(words => (values: Readonly<Record<Name, string>>): string => {
      const filled = new Map<string, string>(Object.entries(values))
      return words.replaceAll(/\{(\w+)\}/g, (_, name: string) => filled.get(name) ?? '')
    })

const words = z
  .string()
  .min(1)
  .refine(text => placeholdersIn(text).length === 0, { error: 'this text has no placeholders' })

const numbered = text('number')

const aboutOrder = text('number', 'total')

/** An e-mail with a link: what has happened, what to do within which time, and what if it was somebody else. */
const link = z.strictObject({
  subject: words,
  heading: words,
  what: text('time'),
  notYou: words,
  link: words,
})

/** An e-mail about a second factor. */
const totp = z.strictObject({ subject: words, heading: words, what: words, notYou: words })

/** What e-mails and notifications say, in one language: the content of a file in `languages/`. */
export const texts = z.strictObject({
  greeting: text('name'),
  greetingWithoutName: words,
  /** Why its reader gets an e-mail that can be switched off. */
  optional: words,
  /** Why its reader gets an e-mail that was asked for. */
  requested: words,
  /** Why its reader gets an e-mail about a change that somebody else may have made. */
  security: words,
  toShop: words,
  toOrder: words,
  order: words,
  total: words,
  reason: text('reason'),
  welcome: z.strictObject({ subject: words, heading: words, welcome: words }),
  passwordReset: link,
  emailVerification: link,
  emailChange: link,
  emailChangeUndo: link,
  accountDeletion: z.strictObject({
    subject: words,
    heading: words,
    what: text('moment'),
    keep: words,
    notYou: words,
  }),
  totpEnabled: totp,
  totpDisabled: totp,
  recoveryCodeUsed: totp,
  recoveryCodesRenewed: totp,
  recoveryCodesLeft: text('count'),
  accountKept: z.strictObject({ subject: words, heading: words, what: words, notYou: words }),
  accountDeleted: z.strictObject({ subject: words, heading: words, what: words, last: words }),
  /** What notifications in the app say; those about orders have the subjects of the e-mails as titles. */
  inApp: z.strictObject({
    welcome: z.strictObject({ title: text('name'), body: words }),
    confirmed: aboutOrder,
    rejected: aboutOrder,
    cancelled: aboutOrder,
    shipped: text('number', 'total', 'trackingNumber'),
    shippedWithCarrier: text('number', 'total', 'trackingNumber', 'carrier'),
    delivered: aboutOrder,
    refunded: text('amount', 'number', 'total'),
  }),
  confirmed: z.strictObject({
    subject: numbered,
    heading: words,
    what: numbered,
    item: text('quantity', 'product'),
  }),
  rejected: z.strictObject({
    subject: numbered,
    heading: words,
    nothing: words,
    /** By the `refusal` of the event. */
    why: z.strictObject({
      OutOfStock: words,
      PaymentDeclined: words,
      Unavailable: words,
      amount_too_small: words,
      amount_too_large: words,
    }),
  }),
  cancelled: z.strictObject({ subject: numbered, heading: words, what: words }),
  shipped: z.strictObject({
    subject: numbered,
    heading: words,
    what: numbered,
    carrier: words,
    trackingNumber: words,
  }),
  delivered: z.strictObject({ subject: numbered, heading: words, what: numbered }),
  refunded: z.strictObject({
    subject: numbered,
    heading: words,
    subjectInPart: numbered,
    headingInPart: words,
    what: text('amount'),
    amount: words,
  }),
})

export type Texts = z.output<typeof texts>
