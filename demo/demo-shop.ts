import { namedUuid } from '@supergraph/runtime/uuid.ts'

/** The moment the demo shop opened; every demo thing's id and dates start here. */
export const demoOpening = new Date('2026-01-05T09:00:00.000Z')

/** The id of the demo user with this e-mail address, the same in every database. */
export const demoUserId = (email: string): string => namedUuid(`user ${email}`, demoOpening.getTime())

/** The id of the demo product with this sku, the same in every database. */
export const demoProductId = (sku: string): string => namedUuid(`product ${sku}`, demoOpening.getTime())

/** The id of the demo order that was placed at this moment (ISO 8601), the same in every database. */
export const demoOrderId = (placedAt: string): string => namedUuid(`order ${placedAt}`, Date.parse(placedAt))

/** The id of the refund of the demo order that was placed at this moment (ISO 8601), the same in every database. */
const demoRefundId = (placedAt: string): string => namedUuid(`refund ${placedAt}`, Date.parse(placedAt))

/**
 * What the demo orders ask for, sku and quantity of each line, by the moment they were placed, oldest first;
 * `holdsStock` if their units are not on the shelf: reserved, committed and not returned.
 */
export const demoBaskets = {
  '2026-01-09T18:24:00.000Z': {
    holdsStock: true,
    items: [
      ['PEN-FOUNTAIN-F', 1],
      ['INK-BLUE-50', 2],
      ['NOTEBOOK-A5-DOT', 3],
    ],
  },
  '2026-02-03T08:02:00.000Z': {
    holdsStock: true,
    items: [
      ['LAMP-DESK-BRASS', 1],
      ['PENCIL-HB-12', 1],
    ],
  },
  '2026-02-21T20:45:00.000Z': { holdsStock: false, items: [['KNIFE-CHEF-20', 1]] },
  '2026-03-14T11:11:00.000Z': {
    holdsStock: true,
    items: [
      ['MUG-STONE-350', 4],
      ['COFFEE-DRIPPER-2', 1],
    ],
  },
  '2026-04-17T07:30:00.000Z': {
    holdsStock: true,
    items: [
      ['POT-TERRACOTTA-18', 6],
      ['SEEDS-HERB-6', 1],
    ],
  },
  '2026-05-08T16:18:00.000Z': {
    holdsStock: true,
    items: [
      ['TENT-TWO-LIGHT', 1],
      ['LANTERN-CAMP-USB', 2],
    ],
  },
  '2026-06-12T13:40:00.000Z': { holdsStock: false, items: [['KETTLE-GOOSE-900', 2]] },
  '2026-07-01T09:55:00.000Z': {
    holdsStock: true,
    items: [
      ['TOWEL-BATH-70', 4],
      ['SOAP-OLIVE-200', 6],
    ],
  },
  '2026-08-19T21:05:00.000Z': { holdsStock: false, items: [['RUCKSACK-ROLL-22', 1]] },
  '2026-09-25T06:50:00.000Z': {
    holdsStock: true,
    items: [
      ['BLANKET-WOOL-180', 1],
      ['CANDLE-CEDAR-200', 3],
    ],
  },
  '2026-10-16T17:33:00.000Z': { holdsStock: true, items: [['BOTTLE-STEEL-750', 2]] },
  '2026-11-02T10:20:00.000Z': {
    holdsStock: true,
    items: [
      ['NOTEBOOK-A5-DOT', 5],
      ['PENCIL-HB-12', 2],
    ],
  },
  '2026-11-10T19:27:00.000Z': {
    holdsStock: true,
    items: [
      ['BOWL-RAMEN-900', 2],
      ['MUG-STONE-350', 2],
    ],
  },
  '2026-11-16T08:12:00.000Z': { holdsStock: true, items: [['CANDLE-CEDAR-200', 2]] },
} as const satisfies Readonly<Record<string, DemoBasket>>

type DemoBasket = {
  readonly holdsStock: boolean
  readonly items: readonly (readonly [sku: string, quantity: number])[]
}

/** A demo order's payment as the payment provider knows it; at most one refund each. */
export type DemoPayment = {
  readonly orderId: string
  readonly paymentId: string
  readonly amountMinor: number
  readonly currency: string
  readonly method: string
  readonly refundedMinor: number
  /** The order's refund that returned it; null if the order was cancelled, or nothing was refunded. */
  readonly refundId: string | null
  readonly state: 'CAPTURED' | 'REFUNDED' | 'VOIDED' | 'DECLINED'
  /** ISO 8601. */
  readonly at: string
}

type PaidOrder = keyof typeof demoBaskets

const pay = (
  placedAt: PaidOrder,
  amountMinor: number,
  {
    state = 'CAPTURED',
    method = 'pm_card_visa',
    refundedMinor = 0,
    refundId = null,
  }: Partial<DemoPayment> = {},
): DemoPayment => {
  const orderId = demoOrderId(placedAt)
  const paymentId = `pi_${orderId.replaceAll('-', '')}`
  return {
    orderId,
    paymentId,
    amountMinor,
    currency: 'EUR',
    method,
    refundedMinor,
    refundId,
    state,
    at: placedAt,
  }
}

const refund = (placedAt: PaidOrder, refundedMinor: number): Partial<DemoPayment> => ({
  refundedMinor,
  refundId: demoRefundId(placedAt),
})

/** The payments of the demo orders, oldest first; the one order that was out of stock has none. */
export const demoPayments: readonly DemoPayment[] = [
  pay('2026-01-09T18:24:00.000Z', 13_300),
  pay('2026-02-03T08:02:00.000Z', 16_300, { method: 'pm_card_mastercard' }),
  pay('2026-02-21T20:45:00.000Z', 8_900, { state: 'REFUNDED', refundedMinor: 8_900 }),
  pay('2026-03-14T11:11:00.000Z', 10_100, {
    state: 'REFUNDED',
    ...refund('2026-03-14T11:11:00.000Z', 10_100),
  }),
  pay('2026-04-17T07:30:00.000Z', 12_900),
  pay('2026-05-08T16:18:00.000Z', 44_100, { method: 'pm_card_amex' }),
  pay('2026-07-01T09:55:00.000Z', 21_000, refund('2026-07-01T09:55:00.000Z', 3_900)),
  pay('2026-08-19T21:05:00.000Z', 12_900, { state: 'VOIDED' }),
  pay('2026-09-25T06:50:00.000Z', 18_200, { method: 'pm_card_mastercard' }),
  pay('2026-10-16T17:33:00.000Z', 6_400),
  pay('2026-11-02T10:20:00.000Z', 10_800),
  pay('2026-11-10T19:27:00.000Z', 8_800),
  pay('2026-11-16T08:12:00.000Z', 5_600),
]
