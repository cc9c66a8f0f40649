import type { Session } from '@supergraph/client/session.ts'
import { createShopClient, type ShopClient, type ShopClientOptions } from '@supergraph/client/shop-client.ts'
import { createMemoryStore } from '@supergraph/client/store.ts'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createGraphQLClient, type GraphQLClient, signIn } from '../../testbed/graphql-client.ts'
import { cancel, order } from '../../testbed/orders.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'
import { startCuttableProxy } from '../cuttable-proxy.ts'

const password = 'a long enough password'
const accessTokenLifetimeMs = 600_000
const soon = { timeout: 60_000, interval: 5 }

let system: System

/** A new customer behind a network of their own, and the same customer without it. */
const startCustomer = async (options: Partial<ShopClientOptions> = {}, atEnd = onTestFinished) => {
  const network = await startCuttableProxy(system.urlOf('gateway'))
  const shop = createShopClient({ url: network.url, ...options })
  atEnd(async () => {
    await shop.close()
    await network.stop()
  })
  const email = `${crypto.randomUUID()}@example.com`
  const signedUp = await shop.register({ email, password, name: 'Somebody' })
  expect(signedUp.__typename).toBe('Session')
  return { shop, network, email, direct: await signIn(system.urlOf('gateway'), { email, password }) }
}

const anyProduct = async (): Promise<string> => {
  const { data } = await createGraphQLClient(system.urlOf('gateway')).ask(
    '{ products(first: 1, filter: { search: "mug", inStock: true }) { edges { node { id } } } }',
  )
  return data.products.edges[0].node.id
}

const restock = async (productId: string, delta: number): Promise<void> => {
  const staff = await signIn(system.urlOf('gateway'), { email: 'staff@example.com', password: demoPassword })
  const { data } = await staff.ask(
    'mutation ($input: AdjustStockInput!) { adjustStock(input: $input) { __typename } }',
    { input: { productId, delta, reason: 'delivery' } },
  )
  expect(data.adjustStock.__typename).toBe('AdjustStockSuccess')
}

const place = async (customer: GraphQLClient, productId: string): Promise<string> => {
  const placed = await order(customer, productId)
  if (placed.order === undefined) throw new Error(JSON.stringify(placed))
  return placed.order.id
}

type Page = {
  readonly me: {
    readonly notifications: {
      readonly edges: readonly { readonly node: { readonly id: string } }[]
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
    }
  }
}

/** The ids of a user's notifications, oldest first. */
const inbox = async (shop: ShopClient): Promise<readonly string[]> => {
  const ids: string[] = []
  let after: string | undefined
  for (;;) {
    const { data } = await shop.query<Page, { after: string | undefined }>(
      'query ($after: String) { me { notifications(first: 100, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } } }',
      { after },
    )
    const { edges, pageInfo } = data.me.notifications
    ids.unshift(...edges.map(({ node }) => node.id).reverse())
    if (!pageInfo.hasNextPage) return ids
    after = pageInfo.endCursor
  }
}

export const describeClientPackage = (systemOf: () => System): void => {
  describe('the client package', () => {
    beforeAll(async () => {
      system = systemOf()
    })

    // n.b. these run at the same time, because each waits for time to pass
    describe.concurrent('over time', { timeout: 240_000 }, () => {
      it('brings each notification once and in order over 80 cut connections while orders are placed', async ({
        onTestFinished,
      }) => {
        const { shop, network, direct } = await startCustomer({}, onTestFinished)
        const productId = await anyProduct()
        await restock(productId, 10_000)
        await vi.waitFor(async () => expect(await inbox(shop)).toHaveLength(1), soon)
        const before = await inbox(shop)
        const received: string[] = []
        const failures: unknown[] = []
        const states: string[] = []
        const resumings = () => states.filter(state => state === 'resuming')
        shop.watchNotifications({ onState: state => states.push(state) }).subscribe(
          ({ data }) => void received.push(data.notificationAdded.notification.id),
          error => failures.push(error),
        )

        let isOver = false
        let placed = 0
        const placing = async () => {
          while (!isOver) {
            await place(direct, productId)
            placed += 1
          }
        }
        const buyers = Promise.all([placing(), placing()])
        for (let cuts = 0; cuts < 80; cuts += 1) {
          const count = received.length
          await vi.waitFor(() => {
            // n.b. what was on its way when the connection was cut may arrive before the client notices
            expect(resumings()).toHaveLength(cuts)
            expect(states.at(-1)).toBe('live')
            expect(received.length).toBeGreaterThan(count)
          }, soon)
          network.cut()
        }
        isOver = true
        await buyers
        await vi.waitFor(() => expect(received).toHaveLength(placed), soon)
        expect([...before, ...received]).toEqual(await inbox(shop))
        expect(failures).toEqual([])
        await vi.waitFor(() => expect(resumings()).toHaveLength(80), soon)
      })

      it('brings every version of an order, whatever was cut in between, and goes on from a version', async ({
        onTestFinished,
      }) => {
        const { shop, network, direct } = await startCustomer({}, onTestFinished)
        const orderId = await place(direct, await anyProduct())
        const watch = shop.watchOrder(orderId, { afterVersion: 0 })
        const versions: number[] = []
        for await (const { data } of watch) {
          versions.push(data.orderUpdated.version)
          network.cut()
          if (data.orderUpdated.type === 'order.confirmed') await cancel(direct, orderId)
          if (data.orderUpdated.type === 'order.cancelled') break
        }
        expect(versions).toEqual(versions.map((_, index) => index + 1))
        const later = await shop.watchOrder(orderId, { afterVersion: versions.length - 1 }).next()
        expect(later.value?.data.orderUpdated).toMatchObject({
          version: versions.length,
          order: { id: orderId },
        })
      })

      it('says which order does not exist', async ({ onTestFinished }) => {
        const { shop } = await startCustomer({}, onTestFinished)
        await expect(shop.watchOrder(crypto.randomUUID()).next()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })

      it('renews the token of an open socket, and the watch goes on over the same socket', async ({
        onTestFinished,
      }) => {
        const pongs: string[] = []
        class HeardWebSocket extends WebSocket {
          constructor(url: string, protocol: string) {
            super(url, protocol)
            this.addEventListener('message', ({ data }) => {
              if (String(data).includes('"pong"')) pongs.push(String(data))
            })
          }
        }
        const { shop, direct } = await startCustomer(
          { renewBeforeMs: accessTokenLifetimeMs - 2_000, webSocketImpl: HeardWebSocket },
          onTestFinished,
        )
        const states: string[] = []
        const received: string[] = []
        shop
          .watchNotifications({ onState: state => states.push(state) })
          .subscribe(({ data }) => void received.push(data.notificationAdded.notification.kind))
        await vi.waitFor(() => expect(pongs.length).toBeGreaterThan(1), soon)
        for (const pong of pongs) expect(JSON.parse(pong).payload.expiresAt).toMatch(/Z$/)
        await place(direct, await anyProduct())
        await vi.waitFor(() => expect(received).toContain('ORDER_CONFIRMED'), soon)
        expect(states).toEqual(['connecting', 'live'])
      })
    })

    it('begins anew, and says so, if the shop no longer has what follows the cursor', async () => {
      const [{ shop, direct }, other] = [await startCustomer(), await startCustomer()]
      const productId = await anyProduct()
      const ahead = other.shop.watchNotifications()
      const theirs = ahead.next()
      await vi.waitFor(async () => expect(await inbox(other.shop)).toHaveLength(1), soon)
      await place(other.direct, productId)
      const after = String((await theirs).value?.cursor)
      await vi.waitFor(async () => expect(await inbox(shop)).toHaveLength(1), soon)

      const onExpired = vi.fn()
      const next = shop.watchNotifications({ after, onExpired }).next()
      await vi.waitFor(() => expect(onExpired).toHaveBeenCalledOnce(), soon)
      await place(direct, productId)
      expect((await next).value?.data.notificationAdded.notification.kind).toBe('ORDER_CONFIRMED')
    })

    it('renews once for two pages that share a session, which lives on', async () => {
      const sessionStore = createMemoryStore<Session>()
      const { network } = await startCustomer({ sessionStore })
      const open = () => {
        const page = createShopClient({ url: network.url, sessionStore })
        onTestFinished(() => page.close())
        return page
      }
      const stored = await sessionStore.get()
      if (stored === undefined) throw new Error('nobody is signed in')
      await sessionStore.set({ ...stored, accessToken: 'too old' })
      const me = { data: { me: { name: 'Somebody' } }, errors: [] }
      const pages = [open(), open()]
      expect(await Promise.all(pages.map(page => page.query('{ me { name } }')))).toEqual([me, me])
      expect((await sessionStore.get())?.refreshToken).not.toBe(stored.refreshToken)
      expect(await open().query('{ me { name } }')).toEqual(me)
    })

    it('keeps the session when the answer to a refresh is lost, also after the page was opened again', async () => {
      const sessionStore = createMemoryStore<Session>()
      const { network, shop } = await startCustomer({ sessionStore })
      const stored = await sessionStore.get()
      if (stored === undefined) throw new Error('nobody is signed in')
      await sessionStore.set({ ...stored, accessToken: 'too old' })
      const send = globalThis.fetch
      let lost = 0
      vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
        const response = await send(...request)
        if (!String(request[1]?.body).includes('refreshSession')) return response
        lost += 1
        throw new TypeError('The connection was cut.')
      })
      onTestFinished(() => void vi.unstubAllGlobals())
      await expect(shop.mutate('{ me { name } }')).rejects.toMatchObject({ code: 'UNREACHABLE' })
      vi.unstubAllGlobals()
      expect(lost).toBe(3)
      const reopened = createShopClient({ url: network.url, sessionStore })
      onTestFinished(() => reopened.close())
      expect((await reopened.mutate('{ me { name } }')).data).toEqual({ me: { name: 'Somebody' } })
      const next = (await sessionStore.get())?.accessToken
      expect([stored.accessToken, 'too old', undefined]).not.toContain(next)
    })

    it('ends the watches with the logout', async () => {
      const { shop } = await startCustomer()
      const states: string[] = []
      const next = shop.watchNotifications({ onState: state => states.push(state) }).next()
      await vi.waitFor(() => expect(states).toContain('live'), soon)
      await shop.logout()
      expect(await next).toEqual({ done: true, value: undefined })
      expect(await shop.user()).toBeUndefined()
    })

    it('says SIGNED_OUT when the session is ended elsewhere', async () => {
      const onUserChanged = vi.fn()
      const { shop, direct } = await startCustomer({ onUserChanged })
      const states: string[] = []
      const next = shop.watchNotifications({ onState: state => states.push(state) }).next()
      const failed = expect(next).rejects.toMatchObject({ code: 'SIGNED_OUT' })
      await vi.waitFor(() => expect(states).toContain('live'), soon)
      await direct.ask('mutation { logoutEverywhere(input: {}) { __typename } }')
      await failed
      expect(onUserChanged).toHaveBeenLastCalledWith(undefined)
    })
  })
}
