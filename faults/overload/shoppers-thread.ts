import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { openShopperConnection, type ShopperConnection } from './connection.ts'
import type { Asked, Kind, Load, ShoppersSettings } from './shoppers.ts'

const { tokens, productIds, ...settings }: ShoppersSettings = workerData
const url = new URL(settings.url)
/** n.b. so many shoppers at once, and no more, wait for an answer: each has a connection. */
const maxConnections = 2_000
const tickMs = 2
const refusedPauseMs = 50

const page = `query Page($min: SafeInt) {
  me { name } products(first: 20, filter: { minPriceMinor: $min }) {
    edges { node { id name price { amountMinor currency } inStock imageUrl } }
  }
}`
const report = 'query Report($first: Int) { bestSellers(first: $first) { unitsSold product { name } } }'
const checkout = `mutation Buy($input: PlaceOrderInput!) {
  placeOrder(input: $input) { __typename ... on PlaceOrderSuccess { order { id status } } }
}`
const address = { name: 'Ada', line1: '1 A Lane', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' }
let count = 0

/** Of 200 requests 20 are for a report and one is a checkout; all others are for pages. */
const kindOf = (number: number): Kind =>
  number % 10 === 5 ? 'report' : number % 200 === 1 ? 'checkout' : 'page'

/** No two equal ones come in a row. */
const bodies: Readonly<Record<Kind, () => object>> = {
  page: () => ({ query: page, variables: { min: count % 1_000 } }),
  report: () => ({ query: report, variables: { first: 1 + (count % 40) } }),
  checkout: () => ({
    query: checkout,
    variables: {
      input: {
        idempotencyKey: crypto.randomUUID(),
        items: [{ productId: productIds[count % productIds.length], quantity: 1 }],
        paymentMethod: 'pm_card_visa',
        shippingAddress: address,
      },
    },
  }),
}

let only: Kind | undefined
const nextKind = (): Kind => {
  count += 1
  return only ?? kindOf(count)
}

const asked: Asked[] = []
let startedAtMs = 0

const ask = async (connection: ShopperConnection): Promise<Asked['outcome']> => {
  const kind = nextKind()
  const text = JSON.stringify(bodies[kind]())
  const token = tokens[count % tokens.length]
  const head = `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}`
  const sentAtMs = performance.now()
  const { status, body: answer } = await connection.send(
    `${head}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
  const outcome = outcomeOf(kind, status, answer)
  asked.push({ kind, outcome, atMs: sentAtMs - startedAtMs, tookMs: performance.now() - sentAtMs })
  return outcome
}

const outcomeOf = (kind: Kind, status: number, answer: string): Asked['outcome'] => {
  if (status === 503) return 'refused'
  if (status !== 200) return 'failed'
  if (answer.startsWith('{"errors"')) return answer.includes('"SERVICE_UNAVAILABLE"') ? 'partial' : 'failed'
  return kind !== 'checkout' || answer.includes('PlaceOrderSuccess') ? 'served' : 'failed'
}

/** Each shopper asks again when there is an answer. */
const askInTurn = async (shoppers: number, ms: number): Promise<void> => {
  const work = async (): Promise<void> => {
    const connection = openShopperConnection(url)
    while (performance.now() - startedAtMs < ms)
      if ((await ask(connection)) !== 'served') await pause(refusedPauseMs)
    connection.close()
  }
  await Promise.all(Array.from({ length: shoppers }, work))
}

/** Shoppers come, whatever those before them were answered. */
const askAnyway = async (perSecond: number, ms: number): Promise<void> => {
  const free: ShopperConnection[] = []
  const underWay = new Set<Promise<void>>()
  let open = 0
  let sent = 0
  const send = (): void => {
    let connection = free.pop()
    while (connection !== undefined && !connection.isOpen()) {
      open -= 1
      connection = free.pop()
    }
    if (connection === undefined && open >= maxConnections) {
      asked.push({ kind: nextKind(), outcome: 'failed', atMs: performance.now() - startedAtMs, tookMs: 0 })
      return
    }
    if (connection === undefined) open += 1
    const used = connection ?? openShopperConnection(url)
    const asking = ask(used).then(() => {
      free.push(used)
      underWay.delete(asking)
    })
    underWay.add(asking)
  }
  for (let passedMs = 0; passedMs < ms; passedMs = performance.now() - startedAtMs) {
    for (; sent < (passedMs * perSecond) / 1_000; sent += 1) send()
    await pause(tickMs)
  }
  await Promise.all(underWay)
  for (const connection of free) connection.close()
}

try {
  // n.b. they stand for people on other machines; without the right to it, what they wait for themselves is measured too
  setPriority(constants.priority.PRIORITY_HIGH)
} catch {}

parentPort?.on('message', async (load: Load) => {
  asked.length = 0
  only = load.only
  startedAtMs = performance.now()
  const ms = load.seconds * 1_000
  await ('shoppers' in load ? askInTurn(load.shoppers, ms) : askAnyway(load.perSecond, ms))
  parentPort?.postMessage(asked)
})
