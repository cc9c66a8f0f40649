import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment } from '@supergraph/mailbox/environment.ts'
import { startMailbox } from '@supergraph/mailbox/server.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { allowFaults } from '@supergraph/runtime/faults/switch.ts'
import { startHttp } from '@supergraph/runtime/http.ts'
import { createTransport } from 'nodemailer'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { chromiumProgram, startChromium } from '../../testbed/chromium.ts'
import { openConsole } from './console-under-test.ts'
import { createLines, createPlannedRequest } from './example-plan.ts'
import { createCheckout, createRequest, createSpan } from './example-traces.ts'
import { serveGatewayMetrics } from './gateway-metrics.ts'

const isRequired = process.env.CI === 'true'
const inChromium = it.skipIf(chromiumProgram() === undefined && !isRequired)

let chromium: Awaited<ReturnType<typeof startChromium>> | undefined
let browser: Browser | undefined
beforeAll(async () => {
  if (chromiumProgram() === undefined && !isRequired) return
  chromium = await startChromium()
  browser = chromium.browser
})
afterAll(() => chromium?.stop())

/** A page of a console with these spans; `complaints` are the errors and broken rules that the browser tells of. */
const openPage = async (
  spans: Parameters<Awaited<ReturnType<typeof openConsole>>['send']>[0],
  path: string,
  variables: Variables = {},
) => {
  const console = await openConsole(variables)
  await console.send(spans)
  const page = await browser?.newPage({ viewport: { width: 1_280, height: 800 } })
  if (page === undefined) throw new Error('there is no browser')
  onTestFinished(() => page.close())
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(console.at(path).href)
  await page.locator('h1').waitFor()
  return { console, page, complaints }
}

const operations = (page: Page) => page.locator('.requests .operation').allInnerTexts()
const countOf = (page: Page, selector: string) => page.locator(selector).count()

inChromium('leads from the list to a request, its SQL and back, by mouse and by keys', async () => {
  const { page, complaints } = await openPage(createRequest('Catalogue'), '/')
  await page.getByRole('link', { name: 'Catalogue' }).click()
  await expect.poll(() => countOf(page, '.span')).toBe(4)
  await page.getByRole('button', { name: 'SELECT orders' }).click()
  await expect.poll(() => page.locator('.statement').innerText()).toContain('select * from orders')
  const address = page.url()
  expect(address).toMatch(/\/requests\/[\da-f]{32}\?span=[\da-f]{16}$/)
  await page.keyboard.press('Escape')
  await expect.poll(() => countOf(page, '.details')).toBe(0)
  await page.goto(address)
  await expect.poll(() => page.locator('.details h2').innerText()).toBe('SELECT orders')
  await page.keyboard.press('1')
  await page.locator('.requests').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect.poll(() => countOf(page, '.span')).toBe(4)
  expect(complaints).toEqual([])
})

inChromium('switches a filter off and on again without losing it, also in the address', async () => {
  const spans = [
    ...createRequest('Quick', { durationUs: 1_000 }),
    ...createRequest('Slow', { durationUs: 900_000 }),
  ]
  const { page } = await openPage(spans, '/requests')
  await page.keyboard.press('/')
  await page.keyboard.type('duration>100ms')
  await page.keyboard.press('Enter')
  await expect.poll(() => operations(page)).toEqual(['Slow'])
  const filter = page.getByRole('button', { name: 'duration>100ms', exact: true })
  await filter.click()
  await expect.poll(async () => (await operations(page)).length).toBe(2)
  expect(page.url()).toContain('off=duration')
  await page.reload()
  await filter.click()
  await expect.poll(() => operations(page)).toEqual(['Slow'])
  await page.getByRole('button', { name: 'Remove duration>100ms' }).click()
  await expect.poll(async () => (await operations(page)).length).toBe(2)
})

inChromium('shows what comes at once, and nothing new while it is paused', async () => {
  const { page, console } = await openPage(createRequest('First'), '/requests')
  await console.send(createRequest('Second'))
  await expect.poll(async () => (await operations(page)).toSorted()).toEqual(['First', 'Second'])
  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Paused' }).waitFor()
  await console.send(createRequest('Third'))
  expect(await operations(page)).not.toContain('Third')
  await page.keyboard.press('p')
  await expect.poll(() => operations(page)).toContain('Third')
})

inChromium('never takes a text of a span for HTML', async () => {
  const evil = '<img src=x onerror="window.isBroken=true"><b>b</b>'
  const span = createSpan({
    name: evil,
    attributes: { 'supergraph.transport': 'http', [evil]: evil, 'db.query.text': evil },
    events: [{ name: evil, atUs: Date.now() * 1_000, attributes: { 'log.message': evil } }],
    error: evil,
  })
  const { page, complaints } = await openPage([span], `/requests/${span.traceId}?span=${span.spanId}`)
  await expect.poll(() => page.locator('.statement').innerText()).toBe(evil)
  expect(await countOf(page, '#root img, #root b b')).toBe(0)
  expect(await page.evaluate(() => 'isBroken' in globalThis)).toBe(false)
  expect(complaints).toEqual([])
})

inChromium('searches in a trace, hides idle time, and folds', async () => {
  const spans = createCheckout(crypto.randomUUID(), crypto.randomUUID())
  const { page } = await openPage(spans, `/requests/${spans[0]?.traceId}`)
  await expect.poll(() => countOf(page, '.idle')).toBe(1)
  await page.keyboard.press('i')
  await expect.poll(() => countOf(page, '.idle')).toBe(0)
  await page.keyboard.press('/')
  await page.keyboard.type('notifications.on-order')
  await expect.poll(() => countOf(page, '.span.pale')).toBe(spans.length - 2)
  await page.getByRole('button', { name: 'Hide what is below' }).first().click()
  await expect.poll(() => countOf(page, '.span')).toBe(1)
})

inChromium(
  'shows the plan beside the waterfall, why a field is null, and the lines of the logs',
  async () => {
    const spans = createPlannedRequest()
    const { page, console, complaints } = await openPage(spans, `/requests/${spans[0]?.traceId}`)
    await console.post('/v1/logs', createLines(spans))
    await expect.poll(() => page.locator('.log').allInnerTexts()).toHaveLength(2)
    await page.keyboard.press('l')
    await page.locator('.fetch').filter({ hasText: 'products' }).locator('summary').click()
    const products = page.locator('.fetch.selected')
    await expect.poll(() => products.innerText()).toContain('12 in the answer, 4 asked for')
    expect(await products.innerText()).toContain('imageUrl')
    expect(await page.locator('.span.selected').innerText()).toContain('fetch products')
    await page.keyboard.press('n')
    await expect.poll(() => page.locator('.reasons').innerText()).toContain('SERVICE_UNAVAILABLE')
    await page.getByLabel('A place in the answer').fill('order.items.0.product.name')
    await expect.poll(() => page.locator('.nulls').innerText()).not.toContain('UNAUTHORIZED')
    await page.getByLabel('A place in the answer').fill('order.number')
    await expect.poll(() => page.locator('.nulls').innerText()).toContain('its own word')
    await page.getByLabel('Search in this trace').fill('replica')
    await expect.poll(() => countOf(page, '.span:not(.pale)')).toBe(1)
    expect(complaints).toEqual([])
  },
)

inChromium('leads from a field to the operations that use it, and draws what they fetch', async () => {
  const gateway = await startHttp(
    (_request, response) => void response.end('{"supergraph":"a1b2","registryVersion":"7"}'),
    { host: '127.0.0.1', port: 0 },
  )
  onTestFinished(gateway.stop)
  const { page, complaints } = await openPage(createPlannedRequest(), '/schema', {
    GATEWAY_URL: `http://127.0.0.1:${gateway.port}/graphql`,
  })
  expect(await page.locator('.head').innerText()).toContain('version 7 in the registry')
  await page.getByLabel('Search fields').fill('user.name')
  await page.getByRole('link', { name: 'name', exact: true }).click()
  const entry = page.locator('.details')
  await expect.poll(() => entry.innerText()).toContain('web')
  await entry.getByRole('link', { name: 'OrderPage' }).first().click()
  await expect.poll(() => page.locator('.drawing .title').allTextContents()).toContain('analytics')
  expect(await page.locator('.document').innerText()).toContain('query OrderPage')
  expect(complaints).toEqual([])
})

inChromium('imports a trace that was exported', async () => {
  const spans = createCheckout(crypto.randomUUID(), crypto.randomUUID())
  const first = await openPage(spans, `/requests/${spans[0]?.traceId}`)
  const directory = await mkdtemp(join(tmpdir(), 'console-export-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const saving = first.page.waitForEvent('download')
  await first.page.getByRole('link', { name: 'Export' }).click()
  const saved = await saving
  const file = join(directory, saved.suggestedFilename())
  await saved.saveAs(file)
  const second = await openPage([], '/requests')
  await second.page.locator('input[type=file]').setInputFiles(file)
  await expect.poll(() => countOf(second.page, '.span')).toBe(spans.length)
})

inChromium('leads over the map to a part’s entry, and over events and orders to what they did', async () => {
  const [orderId, messageId] = [crypto.randomUUID(), crypto.randomUUID()]
  const { page, complaints } = await openPage(createCheckout(orderId, messageId), '/map')
  await page.getByRole('link', { name: 'subgraph orders' }).click()
  await expect.poll(() => page.locator('.details').innerText()).toContain('OrderItem')
  expect(await page.locator('.edge.busy').count()).toBeGreaterThan(4)
  await page.getByRole('link', { name: 'order.confirmed' }).click()
  await page.locator('.events').getByRole('link', { name: 'order.confirmed' }).click()
  await expect.poll(() => countOf(page, '.way li')).toBe(4)
  await page.getByRole('link', { name: orderId }).click()
  await expect.poll(() => page.locator('.way').first().innerText()).toContain('RESERVE_STOCK')
  expect(complaints).toEqual([])
})

inChromium(
  'shows e-mails as they come, to everyone or to one address, and runs no script of theirs',
  async () => {
    const { url, smtpUrl, stop } = await startMailbox(
      readEnvironment({ LOG_LEVEL: 'silent', MAILBOX_PORT: '0', MAILBOX_SMTP_PORT: '0' }),
    )
    onTestFinished(stop)
    const post = createTransport(smtpUrl)
    const send = (to: string, subject: string) =>
      post.sendMail({
        from: 'shop@example.com',
        to,
        subject,
        text: `${subject}, as text`,
        html: `<style>p { color: rgb(1, 2, 3) }</style><p>${subject}</p>
        <script>document.body.textContent = 'ran'</script><img src="x" onerror="document.body.textContent = 'ran'">`,
      })
    const { page, console } = await openPage([], '/mail', { MAILBOX_URL: url })
    const subjects = () => page.locator('.mails a').allInnerTexts()
    await expect.poll(() => page.locator('main').innerText()).toContain('No e-mail yet')
    await send('ada@example.com', 'Your order')
    await send('grace@example.com', '<b>Welcome</b>')
    await expect.poll(subjects).toEqual(['<b>Welcome</b>', 'Your order'])
    await page.getByLabel('To', { exact: true }).fill('Ada@example.com')
    await page.keyboard.press('Enter')
    await expect.poll(subjects).toEqual(['Your order'])
    await page.getByRole('link', { name: 'Your order' }).click()
    await expect.poll(() => page.locator('pre').innerText()).toContain('Your order, as text')
    const body = page.frameLocator('iframe').locator('p')
    await expect.poll(() => body.innerText()).toBe('Your order')
    expect(await body.evaluate(each => getComputedStyle(each).color)).toBe('rgb(1, 2, 3)')
    const { data } = await console.read(new URL(page.url()).pathname)
    expect(data.mail).toMatchObject({ to: ['ada@example.com'], subject: 'Your order' })
    const frame = await fetch(`${page.url()}.html`)
    expect(frame.headers.get('content-security-policy')).toMatch(/^sandbox (?!.*allow-s)/)
    await page.setViewportSize({ width: 390, height: 800 })
    for (const path of ['/mail', page.url()]) {
      await page.goto(console.at(path).href)
      await page.locator('.mails, iframe').waitFor()
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390])
    }
    await stop()
    expect((await console.read('/mail')).data.trouble).toContain('does not answer')
  },
)

inChromium('lets a fault begin and end by keys, and marks it on the map as long as it holds', async () => {
  const faults = allowFaults('test')
  onTestFinished(async () => void (await faults?.stop()))
  faults?.at('orders')
  const { page, console, complaints } = await openPage([], '/requests')
  const map = await browser?.newPage()
  if (map === undefined) throw new Error('there is no browser')
  onTestFinished(() => map.close())
  await map.goto(console.at('/map').href)
  await map.getByRole('link', { name: 'subgraph orders', exact: true }).waitFor()
  await page.keyboard.press('0')
  const latency = page
    .getByRole('group', { name: 'Faults of orders' })
    .getByRole('button', { name: 'Latency' })
  await latency.focus()
  await page.keyboard.press('Enter')
  const form = page.getByRole('form', { name: 'Latency of orders' })
  await form.waitFor()
  await page.keyboard.press('Escape')
  await form.waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await form.waitFor()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('250')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.type('<b>how slow</b>')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('.held').innerText()).toContain('each request waits for 250 ms')
  expect(await page.locator('.held').innerText()).toContain('“<b>how slow</b>”')
  expect(faults?.at('orders').now).toMatchObject({ latencyMs: 250 })
  await expect.poll(() => map.locator('.fault text').allTextContents()).toEqual(['+250 ms'])
  await page.getByRole('button', { name: 'End latency of orders' }).focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => countOf(page, '.held')).toBe(0)
  await expect.poll(() => countOf(map, '.fault')).toBe(0)
  expect(faults?.held()).toEqual([])
  const outOfReach = page
    .getByRole('group', { name: 'Faults of users' })
    .getByRole('button', { name: 'Outage' })
  expect(await outOfReach.isDisabled()).toBe(true)
  expect(complaints).toEqual([])
})

inChromium('shows how old events were when they were written to clients', async () => {
  let reads = 0
  const url = await serveGatewayMetrics(() => {
    reads += 1
    return { quick: 100 * reads, slow: 100 * reads }
  })
  const { page, complaints } = await openPage([], '/live', { GATEWAY_METRICS_URL: url })
  const shown = async () => ({
    tile: await page.locator('.tile', { hasText: 'Age, p95' }).locator('strong').innerText(),
    rows: (await page.locator('.event-ages tbody tr').allInnerTexts()).map(row => row.split(/\s*\t\s*/)),
  })
  await expect.poll(shown).toEqual({
    tile: '190 ms',
    rows: [
      ['notifications', '10 s', '100 ms', '190 ms', '198 ms'],
      ['notifications', '5 min', '100 ms', '190 ms', '198 ms'],
    ],
  })
  expect(complaints).toEqual([])
})

inChromium('fits a phone: no page is wider than its screen', async () => {
  const url = await serveGatewayMetrics(() => ({ quick: 7, slow: 3 }))
  const [orderId, messageId] = [crypto.randomUUID(), crypto.randomUUID()]
  const spans = createCheckout(orderId, messageId)
  const { page, console } = await openPage(spans, '/', { GATEWAY_METRICS_URL: url })
  await page.setViewportSize({ width: 390, height: 800 })
  const trace = `/requests/${spans[0]?.traceId}`
  for (const path of [
    '/requests',
    trace,
    `${trace}?span=${spans[0]?.spanId}`,
    `${trace}?show=nulls`,
    '/live',
    '/schema',
    '/schema/Product.name',
    '/schema/operations/OrderPage',
    '/map',
    '/map/orders',
    '/orders',
    '/events',
    '/audit',
    '/faults',
    `/orders/${orderId}`,
    `/events/${messageId}`,
    '/dead-letters',
    '/mail',
  ]) {
    await page.goto(console.at(path).href)
    await page.locator('h1').waitFor()
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390])
  }
})
