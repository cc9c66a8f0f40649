import type { Viewer } from '@supergraph/runtime/identity.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { describe, expect, it, vi } from 'vitest'
import { ask, command, orderAs, reachedStatuses } from './changing.ts'
import { anonymous, customer, staff, startOrdersUnderTest } from './orders-under-test.ts'

const orders = await startOrdersUnderTest()

describe('an order on its way', () => {
  it('is shipped and delivered by staff, and everything that happens is told', async () => {
    const { id, owner } = await orderAs(orders, 'CONFIRMED')
    const input = { trackingNumber: ' JD014600 ', carrier: 'DHL' }
    const shipped = await command(orders, staff, 'ship', id, input)
    expect(shipped.order).toMatchObject({
      status: 'SHIPPED',
      version: 3,
      tracking: { carrier: 'DHL', trackingNumber: 'JD014600' },
    })
    const { order } = await command(orders, staff, 'deliver', id)
    expect(order).toMatchObject({
      status: 'DELIVERED',
      version: 4,
      payment: { status: 'CAPTURED', method: 'pm_card_visa', refunds: [] },
      timeline: [
        { status: 'PENDING', actor: 'CUSTOMER', by: { id: owner.id } },
        { status: 'CONFIRMED', actor: 'SYSTEM', by: null },
        { status: 'SHIPPED', actor: 'STAFF', by: { id: staff.id } },
        { status: 'DELIVERED', actor: 'STAFF', by: { id: staff.id } },
      ],
    })
    await vi.waitFor(
      () =>
        expect(orders.events(id).slice(2)).toMatchObject([
          { type: 'order.shipped', version: 3, data: { trackingNumber: 'JD014600', carrier: 'DHL' } },
          { type: 'order.delivered', version: 4 },
        ]),
      { timeout: 60_000 },
    )
  })

  it('tells the audit log of each thing that staff does to it, once and without what leads to its customer', async () => {
    const { id } = await orderAs(orders, 'CONFIRMED')
    for (const _ of [1, 2]) await command(orders, staff, 'ship', id, { trackingNumber: 'JD014600' })
    await command(orders, staff, 'cancel', id)
    await command(orders, staff, 'deliver', id)
    const acts = await orders.sql<{ data: unknown }>(
      `select envelope -> 'data' as data from outbox
       where envelope ->> 'type' = 'order.staff-acted' and envelope #>> '{data,about,id}' = $1 order by id`,
      [id],
    )
    const about = { kind: 'ORDER', id }
    const who = { actorId: staff.id, sessionId: staff.sessionId, clientAddress: null }
    expect(acts.map(({ data }) => data)).toEqual([
      {
        ...who,
        act: 'shipOrder',
        about,
        reason: null,
        before: { status: 'CONFIRMED' },
        after: { status: 'SHIPPED' },
      },
      {
        ...who,
        act: 'deliverOrder',
        about,
        reason: null,
        before: { status: 'SHIPPED' },
        after: { status: 'DELIVERED' },
      },
    ])
  })

  it('shows its customer who did what, but not which member of staff', async () => {
    const { id, owner } = await orderAs(orders, 'SHIPPED')
    const query = 'query ($id: ID!) { order(id: $id) { timeline { actor by { id } } } }'
    const { data } = await orders.ask(owner, query, { id })
    expect(data?.order).toEqual({
      timeline: ['CUSTOMER', 'SYSTEM', 'STAFF'].map(actor => ({ actor, by: null })),
    })
  })

  it('changes nothing the second time, and refuses another tracking', async () => {
    const { id } = await orderAs(orders, 'CONFIRMED')
    const first = await command(orders, staff, 'ship', id)
    expect(await command(orders, staff, 'ship', id)).toEqual(first)
    expect(await command(orders, staff, 'ship', id, { trackingNumber: 'other' })).toMatchObject({
      __typename: 'IllegalOrderTransition',
      from: 'SHIPPED',
      to: 'SHIPPED',
    })
    const delivered = await command(orders, staff, 'deliver', id)
    expect(await command(orders, staff, 'deliver', id)).toEqual(delivered)
    expect(delivered.order?.version).toBe(4)
  })

  it.each([
    [{ trackingNumber: ' ' }, 'trackingNumber'],
    [{ carrier: 'x'.repeat(101) }, 'carrier'],
  ])('is not shipped with %j', async (input, field) => {
    const { id } = await orderAs(orders, 'CONFIRMED')
    expect(await command(orders, staff, 'ship', id, input)).toMatchObject({
      __typename: 'InvalidOrder',
      field,
    })
  })
})

describe('a move that the status does not allow', () => {
  const legal = {
    ship: ['CONFIRMED', 'SHIPPED'],
    deliver: ['SHIPPED', 'DELIVERED'],
    cancel: ['CONFIRMED', 'CANCELLED'],
    refund: ['CONFIRMED', 'SHIPPED', 'DELIVERED'],
  } as const
  const outcome = { ship: 'SHIPPED', deliver: 'DELIVERED', cancel: 'CANCELLED', refund: 'REFUNDED' } as const
  const commands = ['ship', 'deliver', 'cancel', 'refund'] as const
  const illegal = commands.flatMap(name =>
    reachedStatuses
      .filter(status => !legal[name].some(allowed => allowed === status))
      .map(status => [name, status] as const),
  )

  it.each(illegal)('is refused: %s a %s order', async (name, status) => {
    const { id } = await orderAs(orders, status)
    const [before] = await orders.sql('select * from orders where id = $1', [id])
    expect(await command(orders, staff, name, id)).toMatchObject({
      __typename: 'IllegalOrderTransition',
      from: status,
      to: outcome[name],
    })
    expect((await orders.sql('select * from orders where id = $1', [id]))[0]).toEqual(before)
  })
})

describe('who may change an order', () => {
  const manager = { ...staff, id: uuidv7(), scopes: ['orders:manage'] } as const
  const reader = { ...staff, id: uuidv7(), scopes: ['orders:read'] } as const
  const service = { kind: 'service', name: 'orders', scopes: ['orders:read', 'orders:manage'] } as const
  const codesOf = async (viewer: Viewer, name: Parameters<typeof ask>[2], id: string) => {
    const { data, errors } = await ask(orders, viewer, name, id)
    return errors?.map(({ extensions }) => extensions.code) ?? data?.result
  }

  it("answers alike for someone else's order, an unknown one and no id at all, whatever the command", async () => {
    const { id } = await orderAs(orders, 'CONFIRMED')
    for (const viewer of [customer(), manager, reader]) {
      for (const name of ['cancel', 'ship', 'deliver', 'refund'] as const) {
        const foreign = await codesOf(viewer, name, id)
        expect(await codesOf(viewer, name, uuidv7())).toEqual(foreign)
        expect(await codesOf(viewer, name, 'no id')).toEqual(foreign)
        const isRefused = Array.isArray(foreign) && foreign[0] === 'FORBIDDEN'
        if (!isRefused) expect(foreign).toMatchObject({ __typename: 'OrderNotFound' })
      }
    }
    expect(await orders.sql('select version from orders where id = $1', [id])).toEqual([{ version: 2 }])
  })

  it('is only staff when it is about goods or refunds, even for their own order', async () => {
    const { id, owner } = await orderAs(orders, 'CONFIRMED')
    for (const name of ['ship', 'deliver', 'refund'] as const) {
      expect(await codesOf(owner, name, id)).toEqual(['FORBIDDEN'])
      expect(await codesOf(reader, name, id)).toEqual(['FORBIDDEN'])
      expect(await codesOf(service, name, id)).toEqual(['FORBIDDEN'])
      expect(await codesOf(anonymous, name, id)).toEqual(['UNAUTHENTICATED'])
    }
    expect(await orders.sql('select version from orders where id = $1', [id])).toEqual([{ version: 2 }])
  })
})
