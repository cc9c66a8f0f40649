import { rule } from '@supergraph/postgres/throttle/rule.ts'
import { parseEnvironment, url, type Variables } from '@supergraph/runtime/environment.ts'
import { sealingKeys } from '@supergraph/runtime/sealed.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

const senderAdvice = 'put an e-mail address there, such as Shop <shop@example.com>'

/** The mail server, the sender, and the shop that links in e-mails lead to. */
export const mailVariables = {
  SMTP_URL: url(['smtp', 'smtps'], 'smtp://user:password@mail.example.com:587'),
  /** An address, or a name and an address: `Shop <shop@example.com>`. */
  MAIL_FROM: z.string({ error: senderAdvice }).transform((text, context) => {
    const sender = parseSender(text)
    if (sender !== undefined) return sender
    context.addIssue({ code: 'custom', message: senderAdvice })
    return z.NEVER
  }),
  SHOP_URL: url(['http', 'https'], 'https://shop.example.com'),
}

/** How many e-mails one mailbox gets at once, and in which time: `20/1h`. */
export const mailLimitVariables = {
  WELCOME_LIMIT_PER_MAILBOX: rule('5/1d'),
  MAIL_LIMIT_PER_MAILBOX: rule('60/1h'),
}

const variables = z.object({
  ...subgraphVariables('notifications', 4004),
  ...mailVariables,
  /** Opens the tokens of links in e-mails. */
  LINK_KEYS: sealingKeys,
  ...mailLimitVariables,
})

/** The settings of the notifications subgraph. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws one EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('notifications', variables, withDevelopmentMail(source))

const parseSender = (text: string): { readonly name: string; readonly address: string } | undefined => {
  const [, name = '', address = text] = /^([^<>"\p{Cc}]*)<(.+)>$/u.exec(text.trim()) ?? []
  const parsed = emailAddress.safeParse(address).data
  return parsed && { name: name.trim(), address: parsed.canonical }
}

const developmentMail = {
  SMTP_URL: 'smtp://127.0.0.1:4025',
  MAIL_FROM: 'Commerce Supergraph <shop@example.com>',
  SHOP_URL: 'http://127.0.0.1:3000',
  // n.b. one customer of a replayed order history may get hundreds in a minute
  MAIL_LIMIT_PER_MAILBOX: '1000/1h',
}

/** Adds the development mailbox to settings that name no mail server; production has to name one. */
const withDevelopmentMail = (source: Variables): Variables => {
  if (source.NODE_ENV === 'production') return source
  return { ...developmentMail, ...Object.fromEntries(Object.entries(source).filter(([, value]) => value)) }
}
