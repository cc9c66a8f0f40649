import { publishUntilHandled } from '@supergraph/messaging/tests/test-namespace.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { OrderStaffActed } from '@supergraph/schema/events/orders.ts'
import { ProductStaffActed } from '@supergraph/schema/events/products.ts'
import { type StaffAct, staffActed } from '@supergraph/schema/staff-act.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { askWith, identityToken, onDatabase, runUsers, userOf } from './users-under-test.ts'

let users: Awaited<ReturnType<typeof runUsers>>
beforeAll(async () => {
  users = await runUsers()
})
afterAll(() => users.stop())

const admin = userOf('ADMIN')

const page = z.object({
  edges: z.array(z.object({ cursor: z.string(), node: z.looseObject({ aboutId: z.string().optional() }) })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
})

const read = async (variables: object = {}) => {
  const { data } = await users.ask(
    admin,
    `query ($first: Int, $after: String, $filter: AuditFilter) {
      auditLog(first: $first, after: $after, filter: $filter) {
        edges {
          cursor
          node { at actorId actor { name } sessionId clientAddress act about { kind id } reason changes { field before after } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }`,
    variables,
  )
  return page.parse(data?.auditLog)
}

const act = (change: Partial<StaffAct> = {}): StaffAct => ({
  actorId: uuidv7(),
  sessionId: uuidv7(),
  clientAddress: '203.0.113.7',
  act: 'shipOrder',
  about: { kind: 'ORDER', id: uuidv7() },
  reason: null,
  before: { status: 'CONFIRMED' },
  after: { status: 'SHIPPED' },
  ...change,
})

describe('the audit log', () => {
  it('has who gave a role to whom, when, from where and why, and nothing of what was refused or changed nothing', async () => {
    const { id } = await users.register('Promoted')
    const setRole = async (role: string, reason: string | null, userId = id) =>
      askWith(
        users.url,
        await identityToken(admin, 'users', '198.51.100.4'),
        `mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { __typename } }`,
        { input: { userId, role, reason } },
      )
    const before = Date.now()
    await setRole('STAFF', ' joins the shop ')
    await setRole('STAFF', 'again')
    await setRole('STAFF', 'nobody', uuidv7())
    expect((await setRole('ADMIN', 'x'.repeat(501))).data?.setUserRole).toEqual({
      __typename: 'InvalidInput',
    })
    const { edges } = await read({ filter: { actorId: admin.id } })
    expect(edges.map(({ node }) => node)).toEqual([
      {
        at: expect.any(String),
        actorId: admin.id,
        actor: null,
        sessionId: admin.sessionId,
        clientAddress: '198.51.100.4',
        act: 'setUserRole',
        about: { kind: 'USER', id },
        reason: 'joins the shop',
        changes: [{ field: 'role', before: 'CUSTOMER', after: 'STAFF' }],
      },
    ])
    expect(Date.parse(String(edges[0]?.node.at))).toBeGreaterThanOrEqual(before - 1_000)
  })

  it('has what other services tell, each act once, and names its actor', async () => {
    const { id: actorId } = await users.register('Clerk')
    const order = act({ actorId, reason: 'sent' })
    const product = act({
      actorId,
      act: 'createProduct',
      about: { kind: 'PRODUCT', id: uuidv7() },
      clientAddress: null,
      before: null,
      after: { sku: 'MUG', priceMinor: 1_250, category: null, isArchived: false },
    })
    const events = [
      staffActed(OrderStaffActed, order, new Date()),
      staffActed(ProductStaffActed, product, new Date()),
    ]
    for (const event of [...events, ...events]) await publishUntilHandled(users.transport, event)
    await onDatabase(users.databaseUrl, 'delete from inbox')
    for (const event of events) await publishUntilHandled(users.transport, event)
    const { edges } = await read({ filter: { actorId } })
    expect(edges.map(({ node }) => node)).toMatchObject([
      {
        actor: { name: 'Clerk' },
        act: 'createProduct',
        about: product.about,
        clientAddress: null,
        changes: [
          { field: 'category', before: null, after: null },
          { field: 'isArchived', before: null, after: 'false' },
          { field: 'priceMinor', before: null, after: '1250' },
          { field: 'sku', before: null, after: 'MUG' },
        ],
      },
      {
        actor: { name: 'Clerk' },
        act: 'shipOrder',
        reason: 'sent',
        changes: [{ field: 'status', before: 'CONFIRMED', after: 'SHIPPED' }],
      },
    ])
  })

  it('is read page by page, and by what was acted on and when', async () => {
    const about = { kind: 'ORDER', id: uuidv7() } as const
    const days = [1, 2, 3, 4].map(day => new Date(`2026-03-0${day}T00:00:00.000Z`))
    for (const at of days)
      await publishUntilHandled(users.transport, staffActed(OrderStaffActed, act({ about }), at))
    const aboutId = about.id.toUpperCase()
    const first = await read({ first: 3, filter: { aboutId } })
    const second = await read({ first: 3, after: first.pageInfo.endCursor, filter: { aboutId } })
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false])
    const times = [...first.edges, ...second.edges].map(({ node }) => node.at)
    expect(times).toEqual(days.toReversed().map(day => day.toISOString()))
    const within = await read({ filter: { aboutId, from: days[1], to: days[2] } })
    expect(within.edges.map(({ node }) => node.at)).toEqual([days[1]?.toISOString()])
  })

  it.each([
    ['update audit_entries set reason = null'],
    ['delete from audit_entries'],
    ['truncate audit_entries'],
    ['truncate audit_entries cascade'],
  ])('refuses its owner in the database: %s', async statement => {
    await publishUntilHandled(users.transport, staffActed(OrderStaffActed, act(), new Date()))
    await expect(onDatabase(users.databaseUrl, statement)).rejects.toThrow('the audit log only grows')
  })

  it.each([
    [{ filter: { actorId: 'nobody' } }],
    [{ after: 'WyIxOyBkcm9wIl0' }],
    [{ first: 101 }],
    [{ filter: { aboutId: 'x'.repeat(101) } }],
  ])('refuses the arguments %j', async variables => {
    const query = `query ($first: Int, $after: String, $filter: AuditFilter) {
      auditLog(first: $first, after: $after, filter: $filter) { edges { cursor } }
    }`
    expect((await users.ask(admin, query, variables)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  })
})
