import { namedUuid } from '@supergraph/runtime/uuid.ts'

/** The moment the demo shop opened; every demo thing's id and dates start here. */
export const demoOpening = new Date('2026-01-05T09:00:00.000Z')

/** The id of the demo user with this e-mail address, the same in every database. */
export const demoUserId = (email: string): string => namedUuid(`user ${email}`, demoOpening.getTime())

/** The id of the demo product with this sku, the same in every database. */
export const demoProductId = (sku: string): string => namedUuid(`product ${sku}`, demoOpening.getTime())

/** The id of the demo order that was placed at this moment (ISO 8601), the same in every database. */
export const demoOrderId = (placedAt: string): string => namedUuid(`order ${placedAt}`, Date.parse(placedAt))

/**
 * What the demo orders ask for, sku and quantity of each line, by the moment they were placed, oldest first;
 * `holdsStock` where their status leaves the lines reserved.
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
    holdsStock: false,
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
