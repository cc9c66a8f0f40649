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
}

/** Writes the letter of an e-mail; its links lead to `shopUrl`. */
export const writeLetter = (content: EmailContent, shopUrl: string): Letter => {
  if (content.kind === 'WELCOME') {
    return {
      heading: 'Your account is ready',
      paragraphs: ['Welcome! We write to you at this address when something happens to your orders.'],
      rows: [],
      link: { label: 'Go to the shop', url: shopUrl },
    }
  }
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

const orderUrl = (shopUrl: string, orderId: string): string =>
  `${shopUrl.replace(/\/$/, '')}/orders/${encodeURIComponent(orderId)}`
