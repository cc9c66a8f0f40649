import { createSealer, type Sealer } from '@supergraph/runtime/sealed.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import { createTransport } from 'nodemailer'
import type { DueEmail } from '../database/email-store.ts'
import { type EmailContent, emailContent, linkPurposes } from '../domain/email.ts'
import type { Languages } from '../languages/languages.ts'
import { layOutHtml, layOutText } from './layout.ts'
import { type LetterContent, writeLetter } from './letter.ts'
import { greetingName } from './plain-words.ts'
import { requireUtf8For } from './smtp-utf8.ts'

/** The mail server, the sender's address, the address of the shop that links lead to, and the keys that open their tokens. */
export type MailSettings = {
  readonly SMTP_URL: string
  readonly MAIL_FROM: { readonly name: string; readonly address: string }
  readonly SHOP_URL: string
  readonly LINK_KEYS: readonly Buffer[]
}

/** Hands an e-mail to the mail server: resolves when the server has taken it; throws if it did not, or may not have. */
export type Mailer = { readonly send: (email: DueEmail, signal: AbortSignal) => Promise<void> }

/** Writes e-mails and sends them by SMTP, each on a connection of its own. */
export const createMailer = (
  { SMTP_URL, MAIL_FROM, SHOP_URL, LINK_KEYS }: MailSettings,
  languages: Languages,
): Mailer => {
  const sealer = createSealer(LINK_KEYS)
  const { hostname, port, protocol, password } = new URL(SMTP_URL)
  const server = {
    // n.b. otherwise an attacker between us and the server could suppress the offer of TLS and read the password
    requireTLS: password !== '' && !loopback.has(hostname),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
  }
  const transport = createTransport({
    url: SMTP_URL,
    ...server,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const address = { host: hostname, port: Number(port) || undefined, secure: protocol === 'smtps:' }
  const domain = MAIL_FROM.address.slice(MAIL_FROM.address.lastIndexOf('@') + 1)
  return {
    send: async ({ id, userId, payload, createdAt, ...to }, signal) => {
      const content = openContent(sealer, emailContent.parse(payload), userId)
      const language = languages.of(to.locale)
      const letter = writeLetter(content, language, SHOP_URL)
      const name = greetingName(onOneLine(to.name))
      try {
        await requireUtf8For(to.address, { ...server, ...address })
        await transport.sendMail({
          from: MAIL_FROM,
          to: { address: to.address, name: name ?? '' },
          subject: onOneLine(letter.subject),
          text: layOutText(letter, { language, name }),
          html: layOutHtml(letter, { language, name }),
          // n.b. the same at each attempt, so that a mailbox can recognize an e-mail that it got twice
          messageId: `<${id}@${domain}>`,
          date: createdAt,
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal,
        })
      } catch (error) {
        // n.b. a mail server may quote the link that it refuses, and its words are stored
        if (error instanceof Error && 'token' in content)
          error.message = error.message.replaceAll(content.token, 'hidden')
        throw error
      }
    },
  }
}

/** n.b. at the moment of sending: until then the token is nowhere in clear. */
const openContent = (sealer: Sealer, content: EmailContent, userId: string): LetterContent =>
  'sealedToken' in content
    ? {
        kind: content.kind,
        token: sealer.open(content.sealedToken, tokenBoundTo(linkPurposes[content.kind], userId)),
      }
    : content

/** Whether a mail server refused the e-mail itself and forever, and the cause is neither temporary nor in our settings. */
export const isRefusal = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code, permanent = true, responseCode }: MailError = error
  // n.b. 530 asks for a password, which is missing in SMTP_URL
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && permanent && responseCode !== 530
}

/** The properties of a Nodemailer error; `permanent` is missing if the server did not answer. */
type MailError = Error & {
  readonly code?: string
  readonly permanent?: boolean
  readonly responseCode?: number
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

const onOneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
