import { formatMoney } from '@supergraph/money/money.ts'
import type { EmailContent } from '../domain/email.ts'
import { withoutLinks } from './plain-words.ts'

/** The content of an e-mail, before it becomes text or HTML. */
export type Letter = {
  readonly heading: string
  readonly paragraphs: readonly string[]
  /** A table of two columns, such as a product and its price. */
  readonly rows: readonly (readonly [string, string])[]
  readonly link: { readonly label: string; readonly url: string }
  /** Why its reader gets it. */
  readonly footer: string
}

/** What a letter is about; its token, if it has one, is in clear. */
export type LetterContent =
  | OrderContent
  | Extract<EmailContent, { readonly kind: 'WELCOME' }>
  | { readonly kind: 'PASSWORD_RESET'; readonly token: string }

type OrderContent = Exclude<EmailContent, { readonly kind: 'WELCOME' | 'PASSWORD_RESET' }>

/** Writes the letter of an e-mail; its links lead to `shopUrl`. */
export const writeLetter = (content: LetterContent, shopUrl: string): Letter => {
  switch (content.kind) {
    case 'WELCOME':
      return {
        heading: 'Your account is ready',
        paragraphs: ['Welcome! We write to you at this address when something happens to your orders.'],
        rows: [],
        link: { label: 'Go to the shop', url: shopUrl },
        footer: canBeSwitchedOff,
      }
    case 'PASSWORD_RESET':
      return {
        heading: 'Choose a new password',
        paragraphs: [
          'Somebody, most likely you, has asked for a new password for your account. Choose it with the link below: you are then signed in, and signed out everywhere else. The link works once, within 30 minutes, and until another one is asked for.',
          'If it was not you, do nothing: your password stays as it is, and nobody can change it without this e-mail. Don’t pass the link on to anyone, not even to us.',
        ],
        rows: [],
        link: { label: 'Choose a new password', url: resetUrl(shopUrl, content.token) },
        footer: 'You get this e-mail because it was asked for, even if you have switched other e-mails off.',
      }
    default:
      return { ...writeOrderLetter(content, shopUrl), footer: canBeSwitchedOff }
  }
}

const canBeSwitchedOff = 'You can switch these e-mails off in your account, under notifications.'

const writeOrderLetter = (content: OrderContent, shopUrl: string): Omit<Letter, 'footer'> => {
  const { number, orderId } = content
  const total = formatMoney(content.total)
  const link = { label: 'See your order', url: orderUrl(shopUrl, orderId) }
  const rows = [
    ['Order', number],
    ['Total', total],
  ] as const
  switch (content.kind) {
    case 'ORDER_CONFIRMED':
      return {
        heading: 'Thank you for your order',
        paragraphs: [`Your order ${number} is confirmed and paid. We are preparing it now.`],
        rows: [...content.items.map(item => orderedRow(item, content.total.currency)), ['Total', total]],
        link,
      }
    case 'ORDER_REJECTED':
      return {
        heading: 'We could not accept your order',
        paragraphs: [content.reason, 'Nothing will be sent or charged.'],
        rows,
        link,
      }
    case 'ORDER_CANCELLED':
      return {
        heading: 'Your order was cancelled',
        paragraphs: ['Nothing will be sent, and what you have paid is returned.', ...reasonOf(content)],
        rows,
        link,
      }
    case 'ORDER_SHIPPED':
      return {
        heading: 'Your order is on its way',
        paragraphs: [`Your order ${number} has left our warehouse.`],
        rows: [
          ...(content.carrier === null ? [] : [['Carrier', content.carrier] as const]),
          ['Tracking number', content.trackingNumber],
          ...rows,
        ],
        link,
      }
    case 'ORDER_DELIVERED':
      return {
        heading: 'Your order has arrived',
        paragraphs: [`Your order ${number} was delivered. Enjoy!`],
        rows,
        link,
      }
    case 'ORDER_REFUNDED': {
      const amount = formatMoney(content.amount)
      return {
        heading: content.isFull ? 'Your order was refunded' : 'Your order was refunded in part',
        paragraphs: [
          `We have returned ${amount} to your payment method. It may take some days to show on your statement.`,
          ...reasonOf(content),
        ],
        rows: [['Refunded', amount], ...rows],
        link,
      }
    }
    default:
      return content satisfies never
  }
}

const orderedRow = (
  {
    productName,
    quantity,
    unitPriceMinor,
  }: { readonly productName: string; readonly quantity: number; readonly unitPriceMinor: number },
  currency: string,
) =>
  [`${quantity} × ${productName}`, formatMoney({ amountMinor: quantity * unitPriceMinor, currency })] as const

const reasonOf = ({ reason }: { readonly reason: string | null }): readonly string[] =>
  reason === null ? [] : [`Reason: ${withoutLinks(reason)}`]

/** n.b. in the fragment, which browsers keep to themselves: no server's log and no `Referer` ever has the token */
const resetUrl = (shopUrl: string, token: string): string =>
  `${shopUrl.replace(/\/$/, '')}/reset-password#token=${encodeURIComponent(token)}`

const orderUrl = (shopUrl: string, orderId: string): string =>
  `${shopUrl.replace(/\/$/, '')}/orders/${encodeURIComponent(orderId)}`
