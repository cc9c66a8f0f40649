import type { demoBaskets } from '@supergraph/demo/demo-shop.ts'
import type { PostalAddress } from '@supergraph/schema/postal-address.ts'

/** The demo customers' addresses, by e-mail address. */
export const demoAddresses = {
  'ada@example.com': {
    name: 'Ada Lovelace',
    line1: '1 Engine Lane',
    line2: null,
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  },
  'grace@example.com': {
    name: 'Grace Hopper',
    line1: '10 Compiler Avenue',
    line2: 'Apartment 4',
    city: 'Arlington',
    postalCode: '22209',
    country: 'US',
  },
  'alan@example.com': {
    name: 'Alan Turing',
    line1: '42 Bombe Road',
    line2: null,
    city: 'Wilmslow',
    postalCode: 'SK9 2BJ',
    country: 'GB',
  },
  'katherine@example.com': {
    name: 'Katherine Johnson',
    line1: '3 Trajectory Avenue',
    line2: null,
    city: 'Newport News',
    postalCode: '23607',
    country: 'US',
  },
} satisfies Readonly<Record<string, PostalAddress>>

/** Products as they were ordered: name and price in euro cents, by SKU. */
export const demoSnapshots = {
  'MUG-STONE-350': ['Stoneware mug', 1_800],
  'BOWL-RAMEN-900': ['Ramen bowl', 2_600],
  'KNIFE-CHEF-20': ['Chef’s knife', 8_900],
  'KETTLE-GOOSE-900': ['Gooseneck kettle', 7_400],
  'COFFEE-DRIPPER-2': ['Porcelain coffee dripper', 2_900],
  'LAMP-DESK-BRASS': ['Brass desk lamp', 14_900],
  'BLANKET-WOOL-180': ['Lambswool blanket', 9_800],
  'CANDLE-CEDAR-200': ['Cedar candle', 2_800],
  'NOTEBOOK-A5-DOT': ['Dotted notebook A5', 1_600],
  'PEN-FOUNTAIN-F': ['Fountain pen, fine', 5_900],
  'PENCIL-HB-12': ['Cedar pencils HB, box of twelve', 1_400],
  'INK-BLUE-50': ['Bottled ink, midnight blue', 1_300],
  'BOTTLE-STEEL-750': ['Insulated bottle', 3_200],
  'LANTERN-CAMP-USB': ['Camping lantern', 5_600],
  'RUCKSACK-ROLL-22': ['Roll-top rucksack', 12_900],
  'TENT-TWO-LIGHT': ['Light tent for two', 32_900],
  'POT-TERRACOTTA-18': ['Terracotta pot', 1_900],
  'SEEDS-HERB-6': ['Kitchen herb seeds, six packets', 1_500],
  'TOWEL-BATH-70': ['Waffle bath towel', 3_900],
  'SOAP-OLIVE-200': ['Olive oil soap', 900],
} satisfies Readonly<Record<string, readonly [name: string, unitPriceMinor: number]>>

/** What happened to a demo order, and the hours that had passed since it was placed. */
export type DemoEvent =
  /** `authorize`: the payment is reserved, and not charged yet. */
  | readonly [kind: 'authorize' | 'confirm' | 'reject' | 'ship' | 'deliver', hours: number]
  | readonly [kind: 'cancel', hours: number, reason: string]
  /** Of these units, or of all that is left. */
  | readonly [
      kind: 'refund',
      hours: number,
      reason: string,
      items?: readonly (readonly [sku: keyof typeof demoSnapshots, quantity: number])[],
    ]

/** A demo order; `later` is what happened after it was placed. */
export type DemoOrder = {
  readonly customer: keyof typeof demoAddresses
  readonly placedAt: keyof typeof demoBaskets
  readonly later: readonly DemoEvent[]
}

const seconds = 1 / 3_600

const shipped = (hours: number): readonly DemoEvent[] => [
  ['confirm', seconds],
  ['ship', hours],
]
const delivered = (shippedHours: number, hours: number): readonly DemoEvent[] => [
  ...shipped(shippedHours),
  ['deliver', hours],
]

/** The demo orders, oldest first; their lines are in `demoBaskets`. */
export const demoOrders: readonly DemoOrder[] = [
  { customer: 'ada@example.com', placedAt: '2026-01-09T18:24:00.000Z', later: delivered(15, 63) },
  { customer: 'grace@example.com', placedAt: '2026-02-03T08:02:00.000Z', later: delivered(26, 98) },
  {
    customer: 'alan@example.com',
    placedAt: '2026-02-21T20:45:00.000Z',
    later: [
      ['confirm', 2 * seconds],
      ['cancel', 1.5, 'Ordered by mistake'],
    ],
  },
  {
    customer: 'katherine@example.com',
    placedAt: '2026-03-14T11:11:00.000Z',
    later: [...delivered(20, 92), ['refund', 240, 'Two mugs arrived broken']],
  },
  { customer: 'ada@example.com', placedAt: '2026-04-17T07:30:00.000Z', later: delivered(9, 56) },
  { customer: 'alan@example.com', placedAt: '2026-05-08T16:18:00.000Z', later: delivered(18, 70) },
  { customer: 'grace@example.com', placedAt: '2026-06-12T13:40:00.000Z', later: [['reject', seconds]] },
  {
    customer: 'katherine@example.com',
    placedAt: '2026-07-01T09:55:00.000Z',
    later: [...delivered(24, 75), ['refund', 150, 'One towel was torn', [['TOWEL-BATH-70', 1]]]],
  },
  {
    customer: 'ada@example.com',
    placedAt: '2026-08-19T21:05:00.000Z',
    later: [
      ['authorize', seconds],
      ['cancel', 0.25, 'Found one in the attic'],
    ],
  },
  { customer: 'grace@example.com', placedAt: '2026-09-25T06:50:00.000Z', later: shipped(28) },
  { customer: 'katherine@example.com', placedAt: '2026-10-16T17:33:00.000Z', later: shipped(16) },
  { customer: 'ada@example.com', placedAt: '2026-11-02T10:20:00.000Z', later: [['confirm', seconds]] },
  { customer: 'alan@example.com', placedAt: '2026-11-10T19:27:00.000Z', later: [['confirm', 2 * seconds]] },
  { customer: 'ada@example.com', placedAt: '2026-11-16T08:12:00.000Z', later: [['confirm', seconds]] },
]
