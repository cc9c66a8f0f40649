import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ServiceName } from '../../services.ts'
import { createGraphQLClient, type GraphQLClient, signIn } from '../../testbed/graphql-client.ts'
import { cancel, order, orderInput, placeOrder } from '../../testbed/orders.ts'
import { readRows } from '../../testbed/rows.ts'
import type { ProcessSystem } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const signInAda = ({ urlOf }: ProcessSystem) =>
  signIn(urlOf('gateway'), { email: 'ada@example.com', password: demoPassword })

/** Kills a service until the test ends. */
const takeDown = async ({ processes }: ProcessSystem, service: ServiceName) => {
  await processes.kill(service)
  onTestFinished(() => processes.start(service))
}

/** Kills one service after the other, each a process of its own, but those that it takes to sign in. */
export const describeOutages = (systemOf: () => ProcessSystem) =>
  describe('outages', () => {
    let system: ProcessSystem
    let ada: GraphQLClient

    beforeAll(async () => {
      system = systemOf()
      ada = await signInAda(system)
    })

    const findMug = async () => {
      const { data } = await ada.ask(
        '{ products(first: 1, filter: { search: "mug", inStock: true }) { edges { node { id available } } } }',
      )
      return data.products.edges[0].node
    }

    it('answers without the fields of a subgraph that is down, and does not reveal its address', async () => {
      await takeDown(system, 'products')
      const { data, errors } = await ada.ask(
        '{ me { name orders(first: 1) { edges { node { status items { productName product { name } } } } } } }',
      )
      const [{ node }] = data.me.orders.edges
      expect(data.me.name).toBe('Ada Lovelace')
      expect(node.items[0]).toEqual({ productName: expect.any(String), product: null })
      expect(errors?.map(({ extensions }) => extensions)).toContainEqual(
        expect.objectContaining({ code: 'SERVICE_UNAVAILABLE', service: 'products' }),
      )
      expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|198\.18\.|ECONN|http/)
    })

    it('lacks only the figures while analytics is down, and counts what happened once analytics is back', async () => {
      const { id } = await findMug()
      const asked = `{ product(id: "${id}") { name unitsSold } bestSellers { name } }`
      const { product } = (await ada.ask(asked)).data
      await system.processes.kill('analytics')
      expect((await order(ada, id)).order.status).toBe('CONFIRMED')
      const { data, errors } = await ada.ask(asked)
      expect(data).toEqual({ product: { name: product.name, unitsSold: null }, bestSellers: null })
      expect(errors?.map(({ extensions }) => extensions)).toContainEqual(
        expect.objectContaining({ code: 'SERVICE_UNAVAILABLE', service: 'analytics' }),
      )
      await system.processes.start('analytics')
      await vi.waitFor(
        async () => expect((await ada.ask(asked)).data.product.unitsSold).toBeGreaterThan(product.unitsSold),
        { timeout: 60_000, interval: 100 },
      )
    })

    it.each([
      'products',
      'payment-simulator',
    ] as const)('asks at once to try again while %s is down, leaves nothing half done, and takes the same key later', async service => {
      const { id, available } = await findMug()
      const input = orderInput(id)
      const ask = async () => (await ada.ask(placeOrder, { input })).data.placeOrder
      await system.processes.kill(service)
      try {
        const askedAt = performance.now()
        for (let tries = 0; tries < 3; tries += 1) {
          expect(await ask()).toMatchObject({ __typename: 'TryAgain' })
        }
        // n.b. Were each of them to wait for its deadline, they would take 7.5 s.
        expect(performance.now() - askedAt).toBeLessThan(5_000)
      } finally {
        await system.processes.start(service)
      }
      await vi.waitFor(
        async () =>
          expect(await ask()).toMatchObject({
            __typename: 'PlaceOrderSuccess',
            order: { status: 'CONFIRMED' },
          }),
        { timeout: 60_000, interval: 250 },
      )
      expect((await findMug()).available).toBe(available - 1)
    })

    it('delivers what happened while notifications was down, once it is back', async () => {
      const { id } = await findMug()
      await system.processes.kill('notifications')
      const placed = await order(ada, id)
      expect(placed.order.status).toBe('CONFIRMED')
      await system.processes.start('notifications')
      // n.b. not a count of all: notifications of earlier orders may still arrive
      const aboutTheOrder = async () => {
        const { data } = await ada.ask(
          '{ me { notifications(first: 20) { edges { node { readAt order { id } } } } } }',
        )
        return data?.me?.notifications?.edges.filter(
          ({ node }: { readonly node: { readonly order: { readonly id: string } | null } }) =>
            node.order?.id === placed.order.id,
        )
      }
      await vi.waitFor(
        async () => expect(await aboutTheOrder()).toMatchObject([{ node: { readAt: null } }]),
        {
          timeout: 60_000,
          interval: 100,
        },
      )
    })

    it('goes on with a live subscription when its service is back, with what happened meanwhile', async () => {
      const { id } = await findMug()
      const placed = await order(ada, id)
      const query =
        'subscription ($orderId: ID!) { orderUpdated(orderId: $orderId) { version order { status } } }'
      const live = ada.watch(query, { orderId: placed.order.id })
      onTestFinished(live.stop)
      const confirmed = { version: 2, order: { status: 'CONFIRMED' } }
      await vi.waitFor(() => expect(live.received.at(-1)?.data.orderUpdated).toEqual(confirmed))
      await system.processes.kill('notifications')
      const { __typename } = await cancel(ada, placed.order.id, 'a change of mind')
      expect(__typename).toBe('CancelOrderSuccess')
      await system.processes.start('notifications')
      const cancelled = { version: 3, order: { status: 'CANCELLED' } }
      await vi.waitFor(() => expect(live.received.at(-1)?.data.orderUpdated).toEqual(cancelled))
      const versions = live.received.map(({ data }) => data.orderUpdated.version)
      expect(versions.slice(-2)).toEqual([2, 3])
    })

    const failedAttempts = async (): Promise<number> => {
      const emails = await readRows(
        system.databaseUrls.notifications,
        `select from emails where state = 'PENDING' and last_error is not null`,
      )
      return emails.length
    }

    it('delivers e-mail from the time without a mail server, though its sender was killed meanwhile', async () => {
      await system.processes.kill('mailbox')
      const { id } = (await order(ada, (await findMug()).id)).order
      const told = async () =>
        (await ada.ask('{ me { notifications(first: 1) { edges { node { order { id } } } } } }')).data.me
          .notifications.edges[0]?.node.order.id
      await expect.poll(told, { timeout: 60_000 }).toBe(id)
      // n.b. an attempt that the kill interrupts would be repeated only after its lease of two minutes
      await expect.poll(failedAttempts, { timeout: 60_000 }).toBe(1)
      await system.processes.kill('notifications')
      await system.processes.start('notifications')
      await system.processes.start('mailbox')
      const received = async (): Promise<readonly string[]> => {
        const response = await fetch(new URL('/messages?to=ada@example.com', system.originOf('mailbox')))
        const messages: readonly { readonly text: string; readonly subject: string }[] = JSON.parse(
          await response.text(),
        )
        return messages.filter(({ text }) => text.includes(id)).map(({ subject }) => subject)
      }
      await expect.poll(received, { timeout: 60_000 }).toEqual([expect.stringContaining('is confirmed')])
    })
  })

/** Kills the service that it takes to sign in. */
export const describeUsersAway = (systemOf: () => ProcessSystem) =>
  it('keeps signed-in customers signed in while users is down', async () => {
    const system = systemOf()
    const ada = await signInAda(system)
    await takeDown(system, 'users')
    const { data } = await ada.ask('{ products(first: 1) { edges { node { name } } } }')
    expect(data.products.edges).toHaveLength(1)
    const refused = await createGraphQLClient(system.urlOf('gateway')).ask(
      'mutation { login(input: { email: "ada@example.com", password: "x" }) { __typename } }',
    )
    expect(refused).toMatchObject({
      data: { login: null },
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    })
  })
