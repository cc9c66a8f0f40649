import { hash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnvironment } from '@supergraph/console/environment.ts'
import { startConsole } from '@supergraph/console/server.ts'
import { createLines, createPlannedRequest } from '@supergraph/console/tests/example-plan.ts'
import { createCheckout, createRequest } from '@supergraph/console/tests/example-traces.ts'
import { writeTraces } from '@supergraph/console/traces/otlp.ts'
import { demoProductId } from '@supergraph/demo/demo-shop.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Browser } from 'playwright-core'
import { startChromium } from '../testbed/chromium.ts'
import { createGraphQLClient, signIn } from '../testbed/graphql-client.ts'
import { address } from '../testbed/orders.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import { waitUntil } from '../testbed/waiting.ts'
import { publishUnreadableEvent } from './unreadable-event.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'docs/console')
const looks = {
  light: { colorScheme: 'light', viewport: { width: 1_280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1_280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 800 } },
} as const

/** Places an order in the demo shop, and returns its id, also if its payment is declined. */
const placeOrder = async (gatewayUrl: string, paymentMethod = 'pm_card_visa'): Promise<string> => {
  const ada = await signIn(gatewayUrl, { email: 'ada@example.com', password: 'supergraph-demo' })
  const document = readFileSync(join(root, 'schema/operations/place-order.graphql'), 'utf8')
  await ada.ask(document, {
    input: {
      idempotencyKey: crypto.randomUUID(),
      items: [{ productId: demoProductId('MUG-STONE-350'), quantity: 2 }],
      expectedTotalMinor: 3_600,
      paymentMethod,
      shippingAddress: address,
    },
  })
  const { data } = await ada.ask('{ me { orders(first: 1) { edges { node { id } } } } }')
  return data.me.orders.edges[0].node.id
}

/** Opens sockets with subscriptions to the stock of the mugs, equal ones of everyone and one of Ada's, and lets some go. */
const openSubscriptions = async (gatewayUrl: string, orderId: string): Promise<Running> => {
  const ada = await signIn(gatewayUrl, { email: 'ada@example.com', password: 'supergraph-demo' })
  const document = (name: string) => readFileSync(join(root, `schema/operations/${name}.graphql`), 'utf8')
  const stock = { productIds: [demoProductId('MUG-STONE-350')] }
  const anyone = createGraphQLClient(gatewayUrl)
  const watches = [
    ...Array.from({ length: 6 }, () => anyone.watch(document('product-stock-changed'), stock)),
    ada.watch(document('order-updated'), { orderId }),
    ada.watch(document('notification-added'), {}),
  ]
  await Promise.all(watches.slice(0, 7).map(watch => watch.answer(1)))
  await Promise.all(watches.splice(0, 2).map(({ stop }) => stop()))
  return { stop: async () => void (await Promise.all(watches.map(({ stop }) => stop()))) }
}

/** Half an hour of requests, as an afternoon in a small shop leaves them. */
const afternoon = () => {
  const names = ['Catalogue', 'ProductPage', 'Me', 'MyOrders', 'StaffOrders', 'Login']
  return Array.from({ length: 180 }, (_, index) =>
    createRequest(names[index % names.length] ?? '', {
      startUs: (Date.now() - 30_000 - ((index * 7_919) % 1_500) * 1_000) * 1_000,
      durationUs: 2_000 + ((index * 613) % 40) * (index % 31 === 0 ? 9_000 : 700),
      error: index % 41 === 0 ? 'SERVICE_TIMEOUT' : null,
      attributes: {
        'supergraph.client.name': index % 3 === 0 ? 'mobile' : 'web',
        'supergraph.transport': index % 5 === 0 ? 'websocket' : 'http',
        'supergraph.plan.cached': index % 17 !== 0,
      },
    }),
  ).flat()
}

/** What goes wrong on purpose in some pictures. */
const faults = {
  'orders/latency': { ms: 800, reason: 'How long does a checkout wait?' },
  'analytics/outage': { reason: 'The product page must show without it' },
  'notifications/double-delivery': { reason: 'Customers must be told once' },
  'broker/outage': { reason: 'Events wait in the outbox' },
}

const takePicture = async (
  browser: Browser,
  url: URL,
  { name, look }: { readonly name: string; readonly look: keyof typeof looks },
): Promise<void> => {
  const page = await browser.newPage(looks[look])
  await page.goto(url.href)
  await page.locator('h1').waitFor()
  // n.b. the chart and the map are drawn after their data has come
  await page
    .locator(
      'main svg, main .requests, main .span, main .way, main .list:not(.deliveries), main .tiles svg, main .drawing, main .faulty, main .empty:not([role]), main .doors, main .card, body > form',
    )
    .first()
    .waitFor()
  await page.screenshot({ path: join(folder, `${name}-${look}.png`) })
  await page.close()
}

const running = await startAll(async use => {
  const system = use(await startOneProcess())
  const { browser } = use(await startChromium())
  const gatewayUrl = system.urlOf('gateway')
  const at = (path: string) => new URL(path, system.originOf('console'))
  const read = async (path: string) => {
    const response = await fetch(at(path), { headers: { accept: 'application/json' } })
    return { isThere: response.ok, text: await response.text() }
  }
  const send = (path: string, body: object) =>
    fetch(at(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const take = async (name: string, path: string) => {
    for (const look of ['light', 'dark', 'phone'] as const)
      await takePicture(browser, at(path), { name, look })
    console.log(`${name} is taken`)
  }
  mkdirSync(folder, { recursive: true })
  await waitUntil('the console is there', async () => (await fetch(at('/health'))).ok)
  await take('door', `${system.originOf('gateway')}/`)
  await send('/v1/traces', writeTraces(afternoon()))
  await waitUntil('the requests are stored', async () =>
    (await read('/requests?filter=operation%3DCatalogue')).text.includes('"mobile"'),
  )
  await take('requests', '/requests?filter=kind%3Drequest&off=duration%3E100ms')

  const [orderId, messageId] = [await placeOrder(gatewayUrl), crypto.randomUUID()]
  use(await openSubscriptions(gatewayUrl, orderId))
  const unreadable = await publishUnreadableEvent(system.databaseUrls.users)
  const cancelledId = await placeOrder(gatewayUrl)
  const declinedId = await placeOrder(gatewayUrl, 'pm_card_visa_chargeDeclined')
  const checkout = createCheckout(orderId, messageId)
  const document = readFileSync(join(root, 'schema/operations/order-page.graphql'), 'utf8')
  const planned = createPlannedRequest({ 'supergraph.operation.hash': hash('sha256', document) })
  await send('/v1/traces', writeTraces([...planned, ...checkout]))
  await send('/v1/logs', createLines(planned))
  const page = `/requests/${planned[0]?.traceId}`
  const failed = planned.find(({ error }) => error !== null)?.spanId
  const [{ traceId, spanId } = { traceId: '', spanId: '' }] = checkout
  await waitUntil('the traces are stored', async () => (await read(`/events/${messageId}`)).isThere)
  await waitUntil('the declined order gave its stock back', async () =>
    (await read(`/orders/${declinedId}`)).text.includes('order.rejected'),
  )
  await waitUntil('an event was given up', async () =>
    (await read('/dead-letters')).text.includes(unreadable),
  )
  await waitUntil('an e-mail has come', async () => (await read('/mail')).text.includes('"subject"'))
  const pages = {
    request: `/requests/${traceId}?span=${spanId}`,
    plan: `${page}?show=plan&span=${failed}`,
    nulls: `${page}?show=nulls`,
    map: '/map',
    part: '/map/orders',
    orders: '/orders',
    order: `/orders/${declinedId}`,
    events: '/events',
    event: `/events/${messageId}`,
    'dead-letters': '/dead-letters',
    live: '/live',
    schema: '/schema',
    field: '/schema/Product.available',
    operation: '/schema/operations/OrderPage',
    mail: '/mail',
  }
  // n.b. rates need two readings
  await read(pages.live)
  await placeOrder(gatewayUrl)
  for (const [name, path] of Object.entries(pages)) await take(name, path)

  await send(`/orders/${cancelledId}/cancel`, { reason: 'The customer called: it was ordered twice' })
  for (const [fault, body] of Object.entries(faults))
    await send(`/faults/${fault}`, { seconds: 600, ...body })
  await take('faults', '/faults')
  await take('faults-map', '/map')
  await send('/faults/orders/latency/end', { reason: 'We have seen enough' })
  await take('audit', '/audit')

  // n.b. only in production a console asks people of this machine to sign in
  const settings = { NODE_ENV: 'production', LOG_LEVEL: 'silent', PORT: '0', GATEWAY_URL: gatewayUrl }
  const { url } = use(
    await startConsole(readEnvironment({ ...settings, DATABASE_URL: system.databaseUrls.console })),
  )
  await take('sign-in', url)
  return {}
})
await running.stop()
