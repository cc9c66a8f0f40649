import { formatMoney as formatInClient } from '@supergraph/client/money.ts'
import { nothing } from '@supergraph/ledger/totals.ts'
import { parseAmount } from '@supergraph/money/money.ts'
import { toUnits } from '@supergraph/money/stripe-units.ts'
import { createOrderNotification } from '@supergraph/notifications/domain/notification.ts'
import { readLanguages } from '@supergraph/notifications/languages/languages.ts'
import { layOutHtml, layOutText } from '@supergraph/notifications/mail/layout.ts'
import { writeLetter } from '@supergraph/notifications/mail/letter.ts'
import { describe, expect, it } from 'vitest'
import { summaryLine } from '../commands/ledger/print.ts'

/** An amount in minor units, as a person writes it in a file, as we write it, and as Stripe counts it. */
const amounts = [
  ['EUR', 4_990, '49.90', '€49.90', 4_990],
  ['HUF', 125_000, '1250', 'HUF 1,250.00', 125_000],
  ['IDR', 2_500_000_000, '25000000', 'IDR 25,000,000.00', 2_500_000_000],
  ['COP', 1_250_050, '12500.50', 'COP 12,500.50', 1_250_050],
  ['PKR', 99_999, '999.99', 'PKR 999.99', 99_999],
  ['ALL', 150_000, '1500', 'ALL 1,500.00', 150_000],
  ['LBP', 8_950_000_000, '89500000', 'LBP 89,500,000.00', 8_950_000_000],
  ['MGA', 450_000, '4500.00', 'MGA 4,500.00', 4_500],
  ['RSD', 11_700, '117', 'RSD 117.00', 11_700],
  ['AFN', 7_050, '70.50', 'AFN 70.50', 7_050],
  ['JPY', 1_500, '1500', '¥1,500', 1_500],
  ['KRW', 25_000, '25000', '₩25,000', 25_000],
  ['CLP', 990, '990', 'CLP 990', 990],
  ['VND', 120_000, '120000', '₫120,000', 120_000],
  ['XOF', 655, '655', 'F CFA 655', 655],
  ['ISK', 1_500, '1500', 'ISK 1,500', 150_000],
  ['UGX', 3_700, '3700', 'UGX 3,700', 370_000],
  ['KWD', 1_250, '1.250', 'KWD 1.250', 1_250],
  ['BHD', 10, '0.01', 'BHD 0.010', 10],
  ['TND', 12_340, '12.340', 'TND 12.340', 12_340],
  ['USD', 9_007_199_254_740_991, '90071992547409.91', '$90,071,992,547,409.91', 9_007_199_254_740_991],
] as const

describe.each(amounts)('%s %d', (currency, amountMinor, plain, text, units) => {
  const money = { amountMinor, currency }
  const language = readLanguages().of('en')
  const order = { orderId: '019b8a3e-0000-7000-8000-000000000002', number: '100001', total: money }
  const withBlanks = (written: string) => written.replace(/[\u00a0\u202f]/g, ' ')

  it('is told to a customer in every notification and e-mail', () => {
    const refunded = { ...order, kind: 'ORDER_REFUNDED', amount: money, isFull: true, reason: null } as const
    const item = { productName: 'Mug', sku: 'MUG', quantity: 1, unitPriceMinor: amountMinor }
    const confirmed = { ...order, kind: 'ORDER_CONFIRMED', items: [item] } as const
    for (const news of [refunded, confirmed]) {
      const event = { id: order.orderId, time: '2026-03-01T09:30:00.000Z' }
      const { body } = createOrderNotification(event, { ...news, customerId: order.orderId }, language)
      expect(withBlanks(body)).toMatch(new RegExp(`(for|returned) ${RegExp.escape(text)}[ .]`))
      const letter = writeLetter(news, language, 'https://shop.example')
      expect(letter.rows.filter(([, value]) => withBlanks(value) === text)).toHaveLength(2)
      expect(withBlanks(layOutText(letter, { language, name: 'Ada' }))).toContain(`: ${text}\n`)
      expect(withBlanks(layOutHtml(letter, { language, name: 'Ada' }))).toContain(`>${text}</td>`)
    }
  })

  it('is told to staff by the ledger', () => {
    const totals = { ...nothing, money: { [currency]: { orders: BigInt(amountMinor), service: 0n } } }
    expect(withBlanks(summaryLine({ totals, violations: [] }))).toContain(`, ${text} ≠ `)
  })

  it('is shown to a customer by the client', () => {
    expect(withBlanks(formatInClient(money, 'en'))).toBe(text)
  })

  it('is read from a file', () => {
    expect(parseAmount(plain, currency)).toEqual({ kind: 'amount', amountMinor })
  })

  it('is sent to Stripe in its own units', () => {
    expect(toUnits(money)).toBe(units)
  })
})
