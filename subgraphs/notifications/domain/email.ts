import { namedUuid } from '@supergraph/runtime/uuid.ts'
import type { TokenPurpose } from '@supergraph/schema/sealed-token.ts'
import { z } from 'zod'
import type { Language } from './language.ts'
import { type Occurrence, subjectOf } from './notification.ts'
import { type OrderNews, orderNews } from './order-news.ts'

/** What the tokens of e-mails with a link are for. */
export const linkPurposes = {
  PASSWORD_RESET: 'password-reset',
  EMAIL_VERIFICATION: 'email-verification',
  EMAIL_CHANGE: 'email-change',
  EMAIL_CHANGE_UNDO: 'email-change-undo',
} as const satisfies Readonly<Record<string, TokenPurpose>>

/** An e-mail with a link. */
export type LinkKind = keyof typeof linkPurposes

const linkKinds = ['PASSWORD_RESET', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE', 'EMAIL_CHANGE_UNDO'] as const

const link = z.object({
  kind: z.enum(linkKinds),
  /** The link's token, which is opened at the moment of sending and never stored in clear. */
  sealedToken: z.string(),
  /** Where it is sent to; the user's address if it is missing. */
  address: z.string().optional(),
})

const totpKinds = ['TOTP_ENABLED', 'TOTP_DISABLED', 'RECOVERY_CODE_USED', 'RECOVERY_CODES_RENEWED'] as const

/** An e-mail about a second factor. */
export type TotpKind = (typeof totpKinds)[number]

/** What an e-mail is about, as it is stored until it is sent. */
export const emailContent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('WELCOME') }),
  link,
  z.object({ kind: z.literal('ACCOUNT_DELETION'), dueAt: z.string() }),
  z.object({ kind: z.enum(totpKinds), recoveryCodesLeft: z.int() }),
  z.object({ kind: z.literal('ACCOUNT_KEPT') }),
  z.object({ kind: z.literal('ACCOUNT_DELETED') }),
  orderNews,
])

export type EmailContent = z.output<typeof emailContent>

/** Whether an e-mail has a link. */
export const isLinkKind = (kind: EmailContent['kind']): kind is LinkKind => kind in linkPurposes

/** An e-mail before it is stored; its recipient's address is looked up when it is sent, unless the content has one. */
export type NewEmail = {
  /** The same for the same event and user. */
  readonly id: string
  readonly userId: string
  readonly eventId: string
  /** In English. n.b. only for processes of the release before, which send it */
  readonly subject: string
  readonly content: EmailContent
  /** When the event happened. */
  readonly createdAt: Date
  /** When it is of no use any more; without it, 3 days after the event. */
  readonly expiresAt?: Date
}

/** E-mails that somebody has asked for, or that are about safety: users get them even if they have switched e-mail off. */
export const requestedKinds: readonly EmailContent['kind'][] = [
  ...linkKinds,
  ...totpKinds,
  'ACCOUNT_DELETION',
  'ACCOUNT_KEPT',
  'ACCOUNT_DELETED',
]

/** The greeting of a new user. */
export const createWelcomeEmail = (event: Occurrence, userId: string): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Your account is ready',
  content: { kind: 'WELCOME' },
})

/** The e-mail with the link to choose a new password. */
export const createPasswordResetEmail = (
  event: Occurrence,
  { userId, sealedToken, expiresAt }: PasswordResetRequest,
): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Choose a new password',
  content: { kind: 'PASSWORD_RESET', sealedToken },
  expiresAt: new Date(expiresAt),
})

/** The e-mail that tells when an account will be deleted, and how to keep it. */
export const createDeletionEmail = (
  event: Occurrence,
  { userId, dueAt }: { readonly userId: string; readonly dueAt: string },
): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Your account will be deleted',
  content: { kind: 'ACCOUNT_DELETION', dueAt },
})

const totpEmails = {
  enabled: { kind: 'TOTP_ENABLED', subject: 'Signing in asks for a code now' },
  disabled: { kind: 'TOTP_DISABLED', subject: 'Signing in asks for no code any more' },
  'recovery-code-used': { kind: 'RECOVERY_CODE_USED', subject: 'A recovery code was used' },
  'recovery-codes-renewed': { kind: 'RECOVERY_CODES_RENEWED', subject: 'You have new recovery codes' },
} as const

/** The e-mail that tells of a change of the second factor. */
export const createTotpEmail = (
  event: Occurrence,
  {
    userId,
    change,
    recoveryCodesLeft,
  }: {
    readonly userId: string
    readonly change: keyof typeof totpEmails
    readonly recoveryCodesLeft: number
  },
): NewEmail => {
  const { kind, subject } = totpEmails[change]
  return { ...headOf(event, userId), subject, content: { kind, recoveryCodesLeft } }
}

/** The e-mail that tells that an account will not be deleted after all, which somebody else may have wished. */
export const createKeptEmail = (event: Occurrence, { userId }: { readonly userId: string }): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Your account stays',
  content: { kind: 'ACCOUNT_KEPT' },
})

/** The last e-mail, which tells that an account was deleted. n.b. it has nothing of the person */
export const createDeletedEmail = (event: Occurrence, { userId }: { readonly userId: string }): NewEmail => ({
  ...headOf(event, userId),
  subject: 'Your account was deleted',
  content: { kind: 'ACCOUNT_DELETED' },
})

type PasswordResetRequest = {
  readonly userId: string
  readonly sealedToken: string
  readonly expiresAt: string
}

const linkEmails = {
  'email-verification': { kind: 'EMAIL_VERIFICATION', subject: 'Confirm your e-mail address' },
  'email-change': { kind: 'EMAIL_CHANGE', subject: 'Confirm your new e-mail address' },
  'email-change-undo': {
    kind: 'EMAIL_CHANGE_UNDO',
    subject: 'The e-mail address of your account was changed',
  },
} as const

/** An e-mail that tells whose an address is, or what became of it. */
export const createLinkEmail = (
  event: Occurrence,
  {
    purpose,
    email: address,
    userId,
    sealedToken,
    expiresAt,
  }: PasswordResetRequest & { readonly purpose: keyof typeof linkEmails; readonly email: string },
): NewEmail => {
  const { kind, subject } = linkEmails[purpose]
  return {
    ...headOf(event, userId),
    subject,
    content: { kind, sealedToken, address },
    expiresAt: new Date(expiresAt),
  }
}

/** The e-mail to an order's customer about a change of the order. */
export const createOrderEmail = (event: Occurrence, news: OrderNews, english: Language): NewEmail => ({
  ...headOf(event, news.customerId),
  subject: subjectOf(news, english),
  content: emailContent.parse(news),
})

const headOf = (event: Occurrence, userId: string) => ({
  id: namedUuid(`email ${event.id} ${userId}`, Date.parse(event.time)),
  userId,
  eventId: event.id,
  createdAt: new Date(event.time),
})
