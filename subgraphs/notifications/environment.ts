import { rule } from '@supergraph/postgres/throttle/rule.ts'
import { parseEnvironment, url, type Variables } from '@supergraph/runtime/environment.ts'
import { sealingKeys } from '@supergraph/runtime/sealed.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { subgraphVariables } from '@supergraph/subgraph/environment.ts'
import { z } from 'zod'

const senderAdvice = 'put an e-mail address there, such as Shop <shop@example.com>'

/** The mail server, the sender, and the shop that links in e-mails lead to. */
export const mailVariables = {
  SMTP_URL: url(['smtp', 'smtps'], 'smtp://user:password@mail.example.com:587').meta({
    description: 'the mail server',
    secret: true,
  }),
  MAIL_FROM: z
    .string({ error: senderAdvice })
    .transform((text, context) => {
      const sender = parseSender(text)
      if (sender !== undefined) return sender
      context.addIssue({ code: 'custom', message: senderAdvice })
      return z.NEVER
    })
    .describe('who the e-mail is from: an address, or a name and an address'),
  SHOP_URL: url(['http', 'https'], 'https://shop.example.com').describe(
    'the address of the front end: links in e-mails lead there, and customers come back there who have approved a payment',
  ),
}

/** How many e-mails one mailbox gets at once, and in which time: `20/1h`. */
export const mailLimitVariables = {
  WELCOME_LIMIT_PER_MAILBOX: rule('5/1d').describe(
    'welcomes to one mailbox (`ada+x@…` is `ada@…`); more are dropped, with a warning in the log',
  ),
  MAIL_LIMIT_PER_MAILBOX: rule('60/1h').describe(
    'e-mails about orders to one mailbox; more are held back, and sent within 3 days. As many again of each kind with a link, until the link expires',
  ),
}

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...subgraphVariables('notifications', 4004),
  ...mailVariables,
  LINK_KEYS: sealingKeys.meta({
    description: 'open the tokens of links in e-mails: the same as those of users',
    secret: true,
  }),
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

/** What is taken in development for what is not set. */
export const developmentDefaults = {
  SMTP_URL: 'smtp://127.0.0.1:4025',
  MAIL_FROM: 'Commerce Supergraph <shop@example.com>',
  SHOP_URL: 'http://127.0.0.1:3000',
  // n.b. one customer of a replayed order history may get hundreds in a minute
  MAIL_LIMIT_PER_MAILBOX: '1000/1h',
}

/** Adds the development mailbox to settings that name no mail server; production has to name one. */
const withDevelopmentMail = (source: Variables): Variables => {
  if (source.NODE_ENV === 'production') return source
  return {
    ...developmentDefaults,
    ...Object.fromEntries(Object.entries(source).filter(([, value]) => value)),
  }
}
