import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { startProcess } from '../../testbed/processes.ts'
import { type ShopRequest, type ShopResponse, sessionOf, startStandInShop } from './stand-in-shop.fixture.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supergraph-replay-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = async (content: string, respond: (request: ShopRequest) => ShopResponse) => {
  const shop = await startStandInShop(respond)
  onTestFinished(() => shop.stop())
  const file = join(folder, 'lines.csv')
  await writeFile(file, content)
  const command = startProcess(['commands/retail/replay.ts', file, '--url', shop.url], {})
  const code = await command.exited
  const list = await readFile(join(folder, 'lines.rejects.csv'), 'utf8')
  return { code, output: command.output(), requests: shop.requests, listed: list.split('\n').slice(1, -1) }
}

const lines = [
  'Invoice;StockCode;Description;Quantity;InvoiceDate;Price;Customer ID;Country',
  '1;85123A;HEART;6;01.12.2010 8:26;2,55;17850;United Kingdom',
  '1;71053;LANTERN;x;01.12.2010 8:26;3,39;17850;United Kingdom',
  '2;71053;LANTERN;1;02.12.2010 8:26;3,39;17850;United Kingdom',
  '3;85123A;HEART;1;03.12.2010 8:26;2,55;12583;France',
  '3;85123A;HEART;2;03.12.2010 8:26;2,55;12583;France',
  'C4;85123A;HEART;-3;04.12.2010 8:26;2,55;12583;France',
  '5;22556;TIN;1;05.12.2010 8:26;1,65;17850;United Kingdom',
].join('\r\n')

const product = (sku: unknown) => ({
  id: `id of ${sku}`,
  name: 'x',
  price: { amountMinor: 1, currency: 'GBP' },
  archivedAt: null,
})

/** A shop with all products but the tin, without stock of the lantern, and with an account of 12583 under another password. */
const shop = ({ operation, variables }: ShopRequest): ShopResponse => {
  const input = JSON.stringify(variables)
  const refusal = (__typename: string, message: string) => ({ __typename, message })
  switch (operation) {
    case 'FindProducts':
      return {
        data: Object.fromEntries(
          Object.entries(variables).map(([name, sku]) => [
            name.replace('sku', 'product'),
            sku === '22556' ? null : product(sku),
          ]),
        ),
      }
    case 'Register':
      if (!input.includes('12583')) return sessionOf('token')
      return { data: { outcome: refusal('EmailTaken', 'Sign in instead.') } }
    case 'Login':
      return { data: { outcome: refusal('InvalidCredentials', 'The password is wrong.') } }
    default:
      if (input.includes('id of 71053'))
        return { data: { placeOrder: refusal('OutOfStock', 'One is left.') } }
      return {
        data: {
          placeOrder: {
            __typename: 'PlaceOrderSuccess',
            order: { id: '1', placedAt: '2100-01-01T00:00:00Z' },
          },
        },
      }
  }
}

it('lists every line that became no order with the words of the shop, in another form of the data set', async () => {
  const { code, output, listed, requests } = await run(lines, shop)
  expect([code, output]).toEqual([0, expect.stringMatching(/orders +placed +1\n/)])
  expect(listed.toSorted()).toEqual([
    `3;unusable Quantity: “x” is no number.;${lines.split('\r\n')[2]}`,
    `4;invoice refused: OutOfStock: One is left.;${lines.split('\r\n')[3]}`,
    ...[5, 6].map(
      line =>
        `${line};invoice refused: customer refused: The password is wrong.;${lines.split('\r\n')[line - 1]}`,
    ),
    `7;credit note refused: customer refused: The password is wrong.;${lines.split('\r\n')[6]}`,
    `8;invoice refused: product not in the catalogue: Import 22556 first.;${lines.split('\r\n')[7]}`,
  ])
  const orders = requests.filter(({ operation }) => operation === 'PlaceOrder')
  expect(orders.map(({ token }) => token)).toEqual(['Bearer token', 'Bearer token'])
})

it('says in the words of the shop that it opens no account', async () => {
  const words = 'Too many accounts were opened here. Try again tomorrow.'
  const { output, listed } = await run(lines, request =>
    request.operation === 'Register'
      ? { data: { outcome: { __typename: 'TooManyAttempts', message: words } } }
      : shop(request),
  )
  expect(output).toMatch(new RegExp(`customers refused +${words} +2\n`))
  expect(listed).toHaveLength(7)
})
