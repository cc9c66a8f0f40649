import { startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { chromiumProgram, startChromium } from '../testbed/chromium.ts'
import { readRows } from '../testbed/rows.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import { startShopPage } from './shop-page.ts'
import { publishUnreadableEvent } from './unreadable-event.ts'

const isRunnable = chromiumProgram() !== undefined || process.env.CI === 'true'
const inChromium = it.skipIf(!isRunnable)
const patienceMs = 60_000

const start = () =>
  startAll(async use => {
    const shop = use(await startShopPage())
    return {
      shop,
      system: use(await startOneProcess({ SHOP_URL: shop.url })),
      chromium: use(await startChromium()),
    }
  })

let running: Awaited<ReturnType<typeof start>> | undefined
beforeAll(async () => {
  if (isRunnable) running = await start()
  else console.log('No Chromium is installed: nobody walks the newcomer’s way.')
})
afterAll(() => running?.stop())

/** What is started, and what opens pages of one browser profile; a page's complaints are collected. */
const walk = async () => {
  if (running === undefined) throw new Error('nothing was started')
  const { system, chromium, shop } = running
  const profile = await chromium.browser.newContext({ viewport: { width: 1_280, height: 800 } })
  profile.setDefaultTimeout(patienceMs)
  onTestFinished(() => profile.close())
  const complaints: string[] = []
  const open = async (address: string): Promise<Page> => {
    const page = await profile.newPage()
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(address)
    return page
  }
  return { system, open, complaints, profile, shopUrl: shop.url }
}

const runInGraphiql = (page: Page) => page.getByRole('button', { name: /Execute query/ }).click()
const answerIn = async (page: Page): Promise<string> =>
  // n.b. the editor shows blanks as no-break spaces
  (await page.locator('.graphiql-response .view-lines').innerText()).replaceAll('\u00a0', ' ')

inChromium(
  'leads a newcomer from the door over an order in GraphiQL to its request, its plan, its saga and its frame',
  async () => {
    const { system, open, complaints } = await walk()
    const door = await open(system.originOf('gateway'))
    await door.locator('.doors').getByRole('link', { name: 'Map' }).click()
    await door.getByRole('link', { name: 'subgraph orders' }).waitFor()

    const listening = await open(`${system.originOf('gateway')}/graphiql?operation=NotificationAdded`)
    await listening.getByRole('button', { name: 'customer' }).click()
    await runInGraphiql(listening)
    await listening.getByRole('button', { name: /Stop query/ }).waitFor()

    const ordering = await open(system.originOf('gateway'))
    await ordering.getByRole('link', { name: 'Place an order' }).click()
    await runInGraphiql(ordering)
    await expect.poll(() => answerIn(ordering)).toContain('"CONFIRMED"')
    const [, orderId = ''] = /"id": "([\da-f-]{36})"/.exec(await answerIn(ordering)) ?? []
    await expect.poll(() => answerIn(listening)).toContain(orderId)

    const console = await open(`${system.originOf('console')}/`)
    await console.getByRole('link', { name: 'PlaceOrder', exact: true }).first().click()
    await console.getByRole('button', { name: 'RESERVE_STOCK' }).first().waitFor()
    await console.getByRole('button', { name: 'Plan', exact: true }).click()
    const plan = console.getByRole('complementary', { name: 'Query plan' })
    await expect.poll(() => plan.locator('summary b').allInnerTexts()).toEqual(['orders', 'products'])
    await plan.locator('summary', { hasText: 'products' }).getByText('not asked').waitFor()
    await plan.locator('summary', { hasText: 'orders' }).click()
    await plan.locator('pre', { hasText: 'placeOrder(input: $input)' }).waitFor()

    await console.getByRole('link', { name: 'Orders', exact: true }).click()
    await console.locator(`a[href="/orders/${orderId}"]`).click()
    const saga = console.locator('.way').first()
    for (const step of ['RESERVE_STOCK', 'AUTHORIZE_PAYMENT', 'COMMIT_STOCK', 'CAPTURE_PAYMENT'])
      await saga.getByRole('link', { name: step }).first().waitFor()

    await console.getByText('All accounts of this order agree.').waitFor()
    await saga.getByRole('link', { name: 'order.confirmed' }).click()
    for (const step of ['written to the outbox', 'published', 'handled', 'written to a socket'])
      await console.locator('.way').getByRole('link', { name: step }).first().waitFor()
    expect(complaints).toEqual([])
  },
)

inChromium(
  'lets a newcomer read why an event was given up, and replay it once the cause is gone',
  async () => {
    const { system, open, complaints } = await walk()
    const { users } = system.databaseUrls
    const id = await publishUnreadableEvent(users)

    const console = await open(`${system.originOf('console')}/events`)
    await console.getByRole('link', { name: '1 dead' }).click()
    const letters = console.locator('.card')
    await expect.poll(() => letters.innerText()).toContain('email')
    await letters.getByText('user.updated', { exact: true }).click()

    const mend = `update outbox set envelope = jsonb_set(envelope, '{data,email}', '"grace@example.com"') where message_id = $1`
    await readRows(users, mend, [id])
    await letters.getByRole('button', { name: 'Replay it' }).last().click()
    await letters.getByRole('textbox', { name: 'Reason' }).fill('the address is there now')
    await letters.getByRole('button', { name: 'Replay 1 event' }).click()
    await console.getByText('Nothing was given up.').waitFor()
    await expect
      .poll(() =>
        readRows(system.databaseUrls.notifications, 'select queue from inbox where message_id = $1', [id]),
      )
      .not.toEqual([])
    expect(complaints).toEqual([])
  },
)

inChromium(
  'lets a customer approve a payment on the page of its provider, or decline it and pay with another card',
  async () => {
    const { system, open, complaints, profile, shopUrl } = await walk()
    const shop = await open(`${shopUrl}/?api=${encodeURIComponent(system.urlOf('gateway'))}`)
    const status = () => shop.locator('#status').innerText()
    const order = async (method: string) => {
      await shop.getByLabel('Card').fill(method)
      await shop.getByRole('button', { name: 'Order' }).click()
    }
    const decide = async (decision: 'Approve' | 'Decline') => {
      await expect.poll(status).toBe('PENDING')
      const opened = profile.waitForEvent('page')
      await shop.getByRole('link', { name: 'Approve the payment' }).click()
      const provider = await opened
      provider.on('pageerror', ({ message }) => complaints.push(message))
      await provider.setViewportSize({ width: 360, height: 640 })
      expect(await provider.locator('.amount').innerText()).toMatch(/\d/)
      expect(await provider.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
      await provider.getByRole('button', { name: decision }).click()
      await provider.waitForURL(`${shopUrl}/orders/**`)
      return new URL(provider.url()).searchParams.get('redirect_status')
    }

    await order('pm_card_threeDSecure2Required')
    expect(await decide('Approve')).toBe('succeeded')
    await expect.poll(status, { timeout: patienceMs }).toBe('CONFIRMED')

    await order('pm_card_authenticationRequired')
    expect(await decide('Decline')).toBe('failed')
    await expect.poll(status, { timeout: patienceMs }).toBe('REJECTED')
    await order('pm_card_visa')
    await expect.poll(status, { timeout: patienceMs }).toBe('CONFIRMED')

    const console = await open(`${system.originOf('console')}/orders`)
    const provider = profile.waitForEvent('page')
    await console.getByRole('link', { name: 'Payments at the provider' }).click()
    await expect
      .poll(async () => (await provider).locator('li', { hasText: 'charged' }).count())
      .toBeGreaterThan(1)
    await (await provider).locator('li', { hasText: 'charged' }).first().click()
    await (await provider).getByRole('button', { name: 'Have the customer dispute it' }).click()
    await (await provider).getByText('needs_response').waitFor()
    expect(complaints).toEqual([])
  },
)
