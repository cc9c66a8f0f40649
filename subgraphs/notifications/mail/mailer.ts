import { createTransport } from 'nodemailer'
import type { DueEmail } from '../database/email-store.ts'
import { emailContent } from '../domain/email.ts'
import type { Environment } from '../environment.ts'
import { layOutHtml, layOutText } from './layout.ts'
import { writeLetter } from './letter.ts'

/** Hands an e-mail to the mail server: resolves once that has taken it, throws where it did not or may not have. */
export type Mailer = { readonly send: (email: DueEmail, signal: AbortSignal) => Promise<void> }

/** Writes e-mails and sends them by SMTP, each on a connection of its own. */
export const createMailer = ({
  SMTP_URL,
  MAIL_FROM,
  SHOP_URL,
}: Pick<Environment, 'SMTP_URL' | 'MAIL_FROM' | 'SHOP_URL'>): Mailer => {
  const { hostname, password } = new URL(SMTP_URL)
  const transport = createTransport({
    url: SMTP_URL,
    // n.b. or whoever sits in between could take the offer of encryption away, and read the password
    requireTLS: password !== '' && !loopback.has(hostname),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = MAIL_FROM.address.slice(MAIL_FROM.address.lastIndexOf('@') + 1)
  return {
    send: async ({ id, subject, payload, createdAt, to }, signal) => {
      const letter = writeLetter(emailContent.parse(payload), SHOP_URL)
      const name = onOneLine(to.name)
      await transport.sendMail({
        from: MAIL_FROM,
        to: { address: to.address, name },
        subject: onOneLine(subject),
        text: layOutText(letter, name),
        html: layOutHtml(letter, { subject, name }),
        // n.b. the same at each attempt: one that was taken twice can be told by it
        messageId: `<${id}@${domain}>`,
        date: createdAt,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal,
      })
    },
  }
}

/** Whether a mail server refused the e-mail itself, for good: neither a passing trouble nor one with our settings. */
export const isRefusal = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code, permanent = true, responseCode }: MailError = error
  // n.b. 530: it wants to know who we are, which is a matter of SMTP_URL
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && permanent && responseCode !== 530
}

/** What Nodemailer says about an error; `permanent` is missing where the server did not speak. */
type MailError = Error & {
  readonly code?: string
  readonly permanent?: boolean
  readonly responseCode?: number
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

const onOneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
