import { checkLedger } from '@supergraph/ledger/check.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type GraphQLClient, signIn, signUp } from '../../testbed/graphql-client.ts'
import {
  byStaff,
  cancel,
  cancelOrder,
  order,
  orderInput,
  orderPage,
  orderUpdated,
  placeOrder,
  staffMutations,
} from '../../testbed/orders.ts'
import { createPaymentFaults } from '../../testbed/payment-faults.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

export const describeCheckout = (systemOf: () => System): void => {
  describe('the checkout', () => {
    let system: System
    let provider: Client
    let mary: GraphQLClient
    let staff: GraphQLClient

    beforeAll(async () => {
      system = systemOf()
      provider = new Client({ connectionString: system.databaseUrls['payment-simulator'] })
      await provider.connect()
      mary = await signUp(system.urlOf('gateway'), 'Mary Jackson')
      staff = await signIn(system.urlOf('gateway'), { email: 'staff@example.com', password: demoPassword })
    })
    afterAll(async () => {
      await provider?.end()
    })

    const findMug = async () => {
      const { data } = await mary.ask(
        '{ products(first: 1, filter: { search: "mug", inStock: true }) { edges { node { id available price { amountMinor } } } } }',
      )
      return data.products.edges[0].node
    }
    const place = (productId: string, more: object = {}) => order(mary, productId, { quantity: 2, ...more })
    const read = async (frontEnd: GraphQLClient, id: string) =>
      (await frontEnd.ask(orderPage, { id })).data.order
    /** What the payment provider holds for an order. */
    const payments = async (orderId: string) => {
      const { rows } = await provider.query(
        'select status, amount::float8, amount_received::float8 as received, amount_refunded::float8 as refunded from payment_intents where order_id = $1',
        [orderId],
      )
      return rows
    }

    it('charges the total once, however often the same request comes at the same time', async () => {
      const { id } = await findMug()
      const idempotencyKey = crypto.randomUUID()
      const answers = await Promise.all(Array.from({ length: 10 }, () => place(id, { idempotencyKey })))
      const [first] = answers
      expect(first).toMatchObject({
        __typename: 'PlaceOrderSuccess',
        order: { status: 'CONFIRMED', payment: { status: 'CAPTURED', method: 'pm_card_visa' } },
      })
      for (const answer of answers) expect(answer).toEqual(first)
      const amount = first.order.total.amountMinor
      expect(await payments(first.order.id)).toEqual([
        { status: 'succeeded', amount, received: amount, refunded: 0 },
      ])
    })

    it.each([
      ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
      ['pm_card_nobody_has', 'resource_missing'],
    ])('refuses to pay with %s, keeps neither money nor stock, and says why', async (paymentMethod, reason) => {
      const { id, available } = await findMug()
      expect(await place(id, { paymentMethod })).toMatchObject({ __typename: 'PaymentDeclined', reason })
      const { data } = await mary.ask(
        '{ me { orders(first: 1) { edges { node { id status payment { status } timeline { reason } } } } } }',
      )
      const [{ node }] = data.me.orders.edges
      expect(node).toMatchObject({ status: 'REJECTED', payment: { status: 'DECLINED' } })
      expect(node.timeline.at(-1).reason).toContain('declined')
      for (const { received } of await payments(node.id)) expect(received).toBe(0)
      expect((await findMug()).available).toBe(available)
    })

    it('orders nothing at another price than the one that was shown', async () => {
      const { id, price, available } = await findMug()
      const total = 2 * price.amountMinor
      const idempotencyKey = crypto.randomUUID()
      expect(await place(id, { idempotencyKey, expectedTotalMinor: total - 1 })).toEqual({
        __typename: 'PriceChanged',
        oldTotal: { amountMinor: total - 1 },
        newTotal: { amountMinor: total, currency: 'EUR' },
      })
      expect((await findMug()).available).toBe(available)
      expect(await place(id, { idempotencyKey, expectedTotalMinor: total })).toMatchObject({
        order: { status: 'CONFIRMED', total: { amountMinor: total } },
      })
    })

    it('returns money and stock of a cancelled order', async () => {
      const { id, available } = await findMug()
      const placed = await place(id)
      const orderId = placed.order.id
      const amount = placed.order.total.amountMinor
      expect((await cancel(mary, orderId)).order.status).toBe('CANCELLED')
      await vi.waitFor(async () => {
        expect((await read(mary, orderId)).payment).toMatchObject({
          status: 'REFUNDED',
          refunded: { amountMinor: amount },
        })
        expect(await payments(orderId)).toMatchObject([{ received: amount, refunded: amount }])
        expect((await findMug()).available).toBe(available)
      })
    })

    it('lets staff ship, deliver and refund an order by line and then in full, and the customer follow it', async () => {
      const { id, price } = await findMug()
      const unitMinor = price.amountMinor
      const placed = await place(id)
      const orderId = placed.order.id
      const tracking = { carrier: 'DHL', trackingNumber: '00340434161094042557' }
      expect(await byStaff(staff, 'shipOrder', { orderId, ...tracking })).toMatchObject({
        order: { status: 'SHIPPED' },
      })
      expect(await cancel(mary, orderId)).toEqual({ __typename: 'IllegalOrderTransition' })
      expect(await byStaff(staff, 'deliverOrder', { orderId })).toMatchObject({
        order: { status: 'DELIVERED' },
      })

      const one = {
        orderId,
        idempotencyKey: crypto.randomUUID(),
        items: [{ productId: id, quantity: 1 }],
        reason: 'chipped',
      }
      const refunded = await byStaff(staff, 'refundOrder', one)
      expect(refunded).toMatchObject({
        refund: { status: 'SUCCEEDED', amount: { amountMinor: unitMinor } },
        order: { status: 'DELIVERED', payment: { status: 'PARTIALLY_REFUNDED' } },
      })
      expect((await byStaff(staff, 'refundOrder', one)).refund).toEqual(refunded.refund)
      const twoMore = { ...one, idempotencyKey: crypto.randomUUID(), items: [{ productId: id, quantity: 2 }] }
      expect(await byStaff(staff, 'refundOrder', twoMore)).toMatchObject({ __typename: 'InvalidOrder' })
      expect(
        await byStaff(staff, 'refundOrder', { orderId, idempotencyKey: crypto.randomUUID() }),
      ).toMatchObject({
        order: { status: 'REFUNDED', payment: { status: 'REFUNDED' } },
      })

      expect(await payments(orderId)).toMatchObject([{ received: 2 * unitMinor, refunded: 2 * unitMinor }])
      expect(await read(mary, orderId)).toEqual({
        status: 'REFUNDED',
        payment: {
          status: 'REFUNDED',
          refunded: { amountMinor: 2 * unitMinor },
          refunds: [
            { status: 'SUCCEEDED', reason: 'chipped', amount: { amountMinor: unitMinor } },
            { status: 'SUCCEEDED', reason: null, amount: { amountMinor: unitMinor } },
          ],
        },
        tracking,
        timeline: [
          { status: 'PENDING', actor: 'CUSTOMER', by: null },
          { status: 'CONFIRMED', actor: 'SYSTEM', by: null },
          { status: 'SHIPPED', actor: 'STAFF', by: null },
          { status: 'DELIVERED', actor: 'STAFF', by: null },
          { status: 'DELIVERED', actor: 'STAFF', by: null },
          { status: 'REFUNDED', actor: 'STAFF', by: null },
        ],
      })
      const { timeline } = await read(staff, orderId)
      expect(timeline.map(({ by }: { by: { name: string } | null }) => by?.name)).toEqual([
        'Mary Jackson',
        undefined,
        ...Array.from({ length: 4 }, () => 'Sam Staff'),
      ])
      await vi.waitFor(async () => {
        const { data } = await mary.ask(
          '{ me { notifications(first: 10) { edges { node { kind order { id } } } } } }',
        )
        const kinds = data.me.notifications.edges
          .map(({ node }: { node: unknown }) => node)
          .filter(({ order }: { order: { id: string } | null }) => order?.id === orderId)
          .map(({ kind }: { kind: string }) => kind)
        expect(kinds.toSorted()).toEqual([
          'ORDER_CONFIRMED',
          'ORDER_DELIVERED',
          'ORDER_REFUNDED',
          'ORDER_REFUNDED',
          'ORDER_SHIPPED',
        ])
      })
    })

    it('lets no customer ship, deliver or refund, not even an order of her own', async () => {
      const { id } = await findMug()
      const placed = await place(id)
      const orderId = placed.order.id
      const inputs = {
        shipOrder: { orderId, trackingNumber: '1' },
        deliverOrder: { orderId },
        refundOrder: { orderId, idempotencyKey: crypto.randomUUID() },
      }
      for (const mutation of ['shipOrder', 'deliverOrder', 'refundOrder'] as const) {
        const { data, errors } = await mary.ask(staffMutations[mutation], { input: inputs[mutation] })
        expect(data?.[mutation] ?? null).toBeNull()
        expect(errors?.[0]?.extensions?.code).toBe('UNAUTHORIZED_FIELD_OR_TYPE')
      }
      expect(await read(mary, orderId)).toMatchObject({
        status: 'CONFIRMED',
        payment: { status: 'CAPTURED' },
      })
    })

    it('shows a stranger no order, and tells them as much about one as about none', async () => {
      const placed = await place((await findMug()).id)
      const stranger = await signUp(system.urlOf('gateway'), 'Eve Stranger')
      expect(await read(stranger, placed.order.id)).toBeNull()
      const foreign = await stranger.ask(cancelOrder, { input: { orderId: placed.order.id } })
      expect(foreign).toEqual(await stranger.ask(cancelOrder, { input: { orderId: crypto.randomUUID() } }))
      expect(await payments(placed.order.id)).toMatchObject([{ status: 'succeeded', refunded: 0 }])
    })

    it('answers PENDING if the payment takes too long, and the subscription brings the rest', async () => {
      const { id } = await findMug()
      const faults = createPaymentFaults(system.originOf('payment-simulator'), system.paymentSimulatorKey)
      onTestFinished(faults.clear)
      await faults.set(
        [{ operation: 'authorize', kind: 'slow', delayMs: 3_500, probability: 1, times: 1 }],
        1,
      )
      const { data } = await mary.ask(placeOrder, { input: orderInput(id) })
      const placed = data.placeOrder
      expect(placed.order).toMatchObject({ status: 'PENDING', payment: { status: 'PENDING' } })
      const updates = mary.watch(orderUpdated, { orderId: placed.order.id })
      onTestFinished(updates.stop)
      await vi.waitFor(
        () =>
          expect(updates.received.at(-1)?.data.orderUpdated.order).toEqual({
            status: 'CONFIRMED',
            payment: { status: 'CAPTURED' },
          }),
        15_000,
      )
    })

    it('charges once if the payment was made and its answer was lost', async () => {
      const { id } = await findMug()
      const faults = createPaymentFaults(system.originOf('payment-simulator'), system.paymentSimulatorKey)
      onTestFinished(faults.clear)
      await faults.set(
        [
          { operation: 'authorize', kind: 'lostAnswer', probability: 1, times: 1 },
          { operation: 'capture', kind: 'lostAnswer', probability: 1, times: 1 },
        ],
        1,
      )
      const { order } = await place(id)
      await vi.waitFor(
        async () => expect(await read(mary, order.id)).toMatchObject({ status: 'CONFIRMED' }),
        15_000,
      )
      expect(await payments(order.id)).toMatchObject([
        { status: 'succeeded', received: order.total.amountMinor },
      ])
    })

    it('leaves databases that agree with one another and with the payment provider', async () => {
      const { violations, totals } = await checkLedger(system.databaseUrls)
      expect(violations).toEqual([])
      expect(totals.orders).toBeGreaterThan(14)
    })
  })
}
