import { demoBaskets, demoOpening, demoOrderId, demoProductId } from '@supergraph/demo/demo-shop.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { publishProducts } from '../database/product-events.ts'
import { reserveLines, settleReservation } from '../database/reservations.ts'
import { recordStockChanges } from '../database/stock-changes.ts'
import { type ProductRow, productTable } from '../database/tables.ts'
import { openStock } from '../domain/stock.ts'

const seedKey = 7_305_805_642

type DemoProduct = readonly [
  sku: string,
  name: string,
  priceMinor: number,
  available: number,
  description: string,
]

/** The demo shop's catalogue by category; prices in euro cents, `available` without what the demo orders have taken. */
export const demoCatalogue: Readonly<Record<string, readonly DemoProduct[]>> = {
  Kitchen: [
    [
      'MUG-STONE-350',
      'Stoneware mug',
      1_800,
      140,
      'A 350 ml mug with a speckled glaze, thrown in Portugal. Safe in dishwasher and microwave.',
    ],
    [
      'MUG-ESPRESSO-90',
      'Espresso cup',
      1_200,
      220,
      'A thick-walled 90 ml cup that keeps a short coffee hot to the last sip.',
    ],
    ['BOWL-RAMEN-900', 'Ramen bowl', 2_600, 64, 'A deep 900 ml porcelain bowl with a notch for chopsticks.'],
    [
      'PLATE-DINNER-27',
      'Dinner plate',
      2_200,
      180,
      'A flat stoneware plate of 27 cm with a low rim and a matt glaze.',
    ],
    [
      'KNIFE-CHEF-20',
      'Chef’s knife',
      8_900,
      35,
      'A 20 cm blade of carbon steel with a walnut handle. It takes a keen edge and a little patina.',
    ],
    [
      'BOARD-OAK-40',
      'Oak cutting board',
      4_500,
      58,
      'End-grain oak, 40 by 28 cm, with a groove that catches the juice.',
    ],
    [
      'PAN-IRON-26',
      'Cast iron pan',
      6_900,
      42,
      'A 26 cm pan, seasoned with linseed oil, for hob, oven and open fire.',
    ],
    [
      'KETTLE-GOOSE-900',
      'Gooseneck kettle',
      7_400,
      0,
      'A 0.9 l kettle with a thin spout for slow, steady pouring.',
    ],
    [
      'COFFEE-DRIPPER-2',
      'Porcelain coffee dripper',
      2_900,
      75,
      'A ribbed cone for one or two cups of filter coffee.',
    ],
    [
      'MILL-PEPPER-18',
      'Pepper mill',
      3_900,
      51,
      'Turned beech with a ceramic grinder, 18 cm tall, from coarse to fine.',
    ],
    [
      'TOWEL-LINEN-2',
      'Linen tea towels, set of two',
      2_400,
      130,
      'Washed European linen that dries glasses without a trace of lint.',
    ],
  ],
  Home: [
    [
      'LAMP-DESK-BRASS',
      'Brass desk lamp',
      14_900,
      18,
      'A hinged lamp with a weighted base and a warm, dimmable light.',
    ],
    ['VASE-GLASS-22', 'Bud vase', 2_700, 90, 'Mouth-blown recycled glass, 22 cm tall, for a single stem.'],
    [
      'BLANKET-WOOL-180',
      'Lambswool blanket',
      9_800,
      27,
      'A herringbone throw of 130 by 180 cm, woven in a mill in Donegal.',
    ],
    [
      'CUSHION-LINEN-50',
      'Linen cushion cover',
      3_600,
      84,
      'A 50 cm cover in stonewashed linen with a hidden zip.',
    ],
    [
      'CANDLE-CEDAR-200',
      'Cedar candle',
      2_800,
      160,
      'Rapeseed wax scented with cedar and black pepper; burns for about 40 hours.',
    ],
    [
      'CANDLE-FIG-200',
      'Fig candle',
      2_800,
      3,
      'Green fig and a hint of coconut in rapeseed wax; burns for about 40 hours.',
    ],
    [
      'CLOCK-WALL-30',
      'Wall clock',
      6_400,
      33,
      'A silent 30 cm clock with a powder-coated steel case and clear numerals.',
    ],
    [
      'BASKET-SEAGRASS-L',
      'Seagrass basket',
      3_900,
      46,
      'A large hand-woven basket for blankets, toys or firewood.',
    ],
    ['MIRROR-ROUND-60', 'Round mirror', 11_900, 12, 'A 60 cm mirror in a slim oak frame.'],
    ['HOOK-OAK-5', 'Oak coat rack', 4_900, 39, 'Five pegs on a solid oak rail; screws and plugs included.'],
  ],
  Stationery: [
    [
      'NOTEBOOK-A5-DOT',
      'Dotted notebook A5',
      1_600,
      300,
      '192 pages of 100 g paper that lies flat and takes fountain pen ink.',
    ],
    [
      'NOTEBOOK-A4-PLAIN',
      'Plain sketchbook A4',
      2_200,
      120,
      '96 pages of 160 g paper for pencil, ink and light washes.',
    ],
    [
      'NOTEBOOK-POCKET-3',
      'Pocket notebooks, set of three',
      1_200,
      210,
      'Three thin ruled notebooks that fit a shirt pocket.',
    ],
    [
      'PEN-FOUNTAIN-F',
      'Fountain pen, fine',
      5_900,
      44,
      'An aluminium pen with a fine steel nib. A converter for bottled ink is in the box.',
    ],
    [
      'PEN-ROLLER-05',
      'Rollerball pen',
      3_400,
      96,
      'A brass pen that wears in beautifully, with a 0.5 mm refill.',
    ],
    [
      'PENCIL-HB-12',
      'Cedar pencils HB, box of twelve',
      1_400,
      175,
      'Smooth graphite in cedar wood, sharpened and ready.',
    ],
    ['INK-BLUE-50', 'Bottled ink, midnight blue', 1_300, 88, '50 ml of a well-behaved, quick-drying blue.'],
    [
      'PLANNER-2026',
      'Weekly planner 2026',
      2_100,
      2,
      'A week on two pages with room for notes, bound in cloth.',
    ],
    ['RULER-BRASS-15', 'Brass ruler', 1_700, 67, 'A 15 cm ruler of solid brass, etched in millimetres.'],
    [
      'SCISSORS-STEEL-21',
      'Steel scissors',
      2_900,
      53,
      'Forged 21 cm scissors for paper and cloth, for either hand.',
    ],
    [
      'CARDS-LETTERPRESS-6',
      'Letterpress cards, set of six',
      1_500,
      0,
      'Six folded cards with envelopes, printed by hand on cotton paper.',
    ],
  ],
  Outdoor: [
    [
      'BOTTLE-STEEL-750',
      'Insulated bottle',
      3_200,
      150,
      'A 750 ml steel bottle: hot for 12 hours, cold for 24.',
    ],
    ['FLASK-STEEL-1000', 'Vacuum flask', 4_400, 72, 'A one-litre flask with two cups for long days out.'],
    [
      'MUG-ENAMEL-300',
      'Enamel mug',
      1_400,
      190,
      'A 300 ml steel mug with a hard enamel coat for campfire and kitchen.',
    ],
    [
      'LANTERN-CAMP-USB',
      'Camping lantern',
      5_600,
      41,
      'A rechargeable lantern with warm light that lasts up to 60 hours.',
    ],
    [
      'BLANKET-PICNIC-200',
      'Picnic blanket',
      5_900,
      36,
      'Recycled wool with a waterproof back, 145 by 200 cm, with a leather strap.',
    ],
    [
      'KNIFE-FOLDING-8',
      'Folding knife',
      4_200,
      29,
      'An 8 cm stainless blade in an olive wood handle with a safety ring.',
    ],
    [
      'HAMMOCK-COTTON-2',
      'Cotton hammock for two',
      7_900,
      14,
      'A wide woven hammock that carries 200 kg; ropes included.',
    ],
    [
      'RUCKSACK-ROLL-22',
      'Roll-top rucksack',
      12_900,
      22,
      '22 litres of waxed cotton with a padded sleeve for a laptop.',
    ],
    ['TENT-TWO-LIGHT', 'Light tent for two', 32_900, 6, 'A free-standing tent of 1.7 kg for three seasons.'],
    [
      'STOVE-GAS-MINI',
      'Folding gas stove',
      4_700,
      0,
      'A 95 g burner that boils half a litre in three minutes.',
    ],
  ],
  Garden: [
    [
      'SHEARS-PRUNING-20',
      'Pruning shears',
      3_800,
      61,
      'Hardened steel blades with ash handles; every part can be replaced.',
    ],
    ['TROWEL-COPPER', 'Copper trowel', 4_600, 34, 'A bronze blade that slides through soil and never rusts.'],
    [
      'CAN-WATERING-5',
      'Watering can',
      5_200,
      48,
      'Five litres of galvanised steel with a brass rose for seedlings.',
    ],
    [
      'POT-TERRACOTTA-18',
      'Terracotta pot',
      1_900,
      145,
      'An 18 cm pot with its saucer, fired in Tuscany and safe from frost.',
    ],
    ['PLANTER-ZINC-40', 'Zinc planter', 4_900, 4, 'A weathered trough of 40 cm for herbs on a window sill.'],
    [
      'SEEDS-HERB-6',
      'Kitchen herb seeds, six packets',
      1_500,
      240,
      'Organic basil, chives, coriander, dill, parsley and thyme.',
    ],
    [
      'SEEDS-MEADOW-100',
      'Wildflower meadow seeds',
      1_100,
      260,
      '100 g of native seeds for ten square metres of bees and butterflies.',
    ],
    [
      'GLOVES-GOAT-M',
      'Gardening gloves, medium',
      2_900,
      77,
      'Soft goat leather with a long cuff against thorns.',
    ],
    ['TWINE-JUTE-100', 'Jute twine', 700, 320, '100 m of natural twine in a tin with a cutter.'],
  ],
  Bath: [
    [
      'TOWEL-BATH-70',
      'Waffle bath towel',
      3_900,
      98,
      'Organic cotton of 70 by 140 cm that dries fast and grows softer.',
    ],
    ['TOWEL-HAND-50', 'Waffle hand towel', 1_900, 165, 'The small sister of the bath towel, 50 by 90 cm.'],
    [
      'SOAP-OLIVE-200',
      'Olive oil soap',
      900,
      280,
      'A 200 g block made by the old recipe of Aleppo, without scent.',
    ],
    ['SOAP-PINE-100', 'Pine tar soap', 800, 5, 'A smoky 100 g bar for hands that work.'],
    ['BRUSH-BATH-BEECH', 'Bath brush', 2_300, 69, 'Beech with natural bristles; the long handle comes off.'],
    ['MAT-BATH-OAK', 'Oak bath mat', 6_200, 24, 'Oiled oak slats on rubber feet, 60 by 40 cm.'],
    [
      'ROBE-COTTON-M',
      'Cotton bathrobe, medium',
      8_400,
      0,
      'A light waffle robe with deep pockets and a shawl collar.',
    ],
    [
      'RAZOR-SAFETY-BRASS',
      'Safety razor',
      5_400,
      40,
      'A chrome-plated brass razor that takes every standard blade.',
    ],
    ['DISH-SOAP-STONE', 'Soapstone dish', 1_600, 86, 'A ribbed dish that lets a bar of soap dry.'],
  ],
}

/** Stocks an empty shop with the demo catalogue and takes what the demo orders have taken; safe to run in several processes at once, and again after a crash. */
export const addDemoProducts = (database: DataSource): Promise<void> =>
  database.transaction(async manager => {
    // n.b. waits while another process does the same, then finds the products
    await manager.query('select pg_advisory_xact_lock($1)', [seedKey])
    if (await manager.exists(productTable)) return
    const rows = demoProducts()
    await manager.insert(productTable, rows)
    await recordStockChanges(manager, rows.map(openStock), {
      reason: 'Initial stock',
      actor: 'demo',
      orderId: null,
      at: demoOpening,
    })
    await publishProducts(manager, rows)
    for (const { placedAt, items } of takers) await takeDemoOrder(manager, placedAt, items)
  })

type Items = readonly (readonly [sku: string, quantity: number])[]

const takers: readonly { readonly placedAt: string; readonly items: Items }[] = Object.entries(demoBaskets)
  .filter(([, { holdsStock }]) => holdsStock)
  .map(([placedAt, { items }]) => ({ placedAt, items }))

const unitsTaken = (sku: string): number =>
  takers
    .flatMap(({ items }) => items)
    .filter(item => item[0] === sku)
    .reduce((sum, [, quantity]) => sum + quantity, 0)

const takeDemoOrder = async (manager: EntityManager, placedAt: string, items: Items): Promise<void> => {
  const lines = items.map(([sku, quantity]) => ({ productId: demoProductId(sku), quantity }))
  const request = { orderId: demoOrderId(placedAt), actor: 'orders', at: new Date(placedAt), ttlSeconds: 900 }
  await reserveLines(manager, lines, request)
  const { state } = await settleReservation(manager, 'commit', request)
  if (state !== 'COMMITTED') throw new Error(`The demo catalogue lacks what the order of ${placedAt} takes.`)
}

const demoProducts = (): ProductRow[] =>
  Object.entries(demoCatalogue)
    .flatMap(([category, products]) => products.map(product => ({ category, product })))
    .map(({ category, product: [sku, name, priceMinor, available, description] }, index) => {
      const createdAt = new Date(demoOpening.getTime() + index * 60_000)
      return {
        id: demoProductId(sku),
        sku,
        name,
        description,
        category,
        priceMinor,
        currency: 'EUR',
        onHand: available + unitsTaken(sku),
        reserved: 0,
        imageUrl: null,
        version: 1,
        catalogueVersion: 1,
        createdAt,
        updatedAt: createdAt,
        archivedAt: null,
      }
    })
