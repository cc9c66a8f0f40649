import { countRequestQueries } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createOrderEvents, userRegistered } from './events.ts'
import { anonymous, createSystem, createUser } from './notifications-under-test.ts'

const userFields = `query ($of: [_Any!]!, $first: Int, $after: String, $unreadOnly: Boolean) {
  _entities(representations: $of) { ... on User {
    id unreadNotificationCount
    notifications(first: $first, after: $after, unreadOnly: $unreadOnly) {
      edges { cursor node { id title readAt } } pageInfo { hasNextPage endCursor } } } } }`
const byId = `query ($of: [_Any!]!) {
  _entities(representations: $of) { ... on Notification { id kind order { id } } } }`
const markRead = `mutation ($ids: [ID!]!) { markNotificationsRead(input: { ids: $ids }) { __typename
  ... on MarkNotificationsReadSuccess { notifications { id } user { id unreadNotificationCount } }
  ... on InvalidInput { field message } } }`

const users = (...ids: readonly string[]) => ids.map(id => ({ __typename: 'User', id }))
const notifications = (...ids: readonly string[]) => ids.map(id => ({ __typename: 'Notification', id }))

const connection = z.object({
  edges: z.array(z.object({ cursor: z.string(), node: z.object({ id: z.string() }) })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
})
type Connection = z.output<typeof connection>
const onePage = z.object({
  _entities: z.tuple([z.object({ unreadNotificationCount: z.int(), notifications: connection })]),
})

/** A replica that holds `count` notifications for a user; `ids` by number. */
const createInbox = async (count: number) => {
  const system = await createSystem()
  const queries = countRequestQueries()
  const replica = await system.startReplica({ onQuery: queries.onQuery })
  const user = createUser()
  for (let index = 0; index < count; index += 1)
    await replica.transport.publish(createOrderEvents(user.id).confirmed())
  const { rows } = await system.sql.query('select id from notifications order by seq')
  const ids: readonly string[] = rows.map(row => row.id)
  const readPage = async (page: object = {}) => {
    const { data } = await replica.ask(user, userFields, { of: users(user.id), ...page })
    return onePage.parse(data)._entities[0]
  }
  return { ...replica, queries, user, ids, readPage }
}

it("pages through a user's notifications, newest first, without gap or duplicate", async () => {
  const { transport, user, ids, readPage } = await createInbox(5)
  const seen: string[] = []
  for (let after: string | null = null; ; ) {
    const { edges, pageInfo }: Connection = (await readPage({ first: 2, after })).notifications
    seen.push(...edges.map(edge => edge.node.id))
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
    await transport.publish(userRegistered(user.id))
  }
  expect(seen).toEqual(ids.toReversed())
})

it('marks own notifications as read, keeps them so, and passes over all other ids', async () => {
  const { transport, ask, user, ids, readPage } = await createInbox(3)
  const other = createUser()
  const [first = '', second = '', third = ''] = ids
  await transport.publish(userRegistered(other.id))

  const foreign = await ask(other, markRead, { ids })
  expect(foreign.data).toMatchObject({
    markNotificationsRead: { notifications: [], user: { id: other.id, unreadNotificationCount: 1 } },
  })
  const marked = await ask(user, markRead, { ids: [first, second, first, uuidv7(), 'no uuid'] })
  expect(marked.data).toEqual({
    markNotificationsRead: {
      __typename: 'MarkNotificationsReadSuccess',
      notifications: [{ id: second }, { id: first }],
      user: { id: user.id, unreadNotificationCount: 1 },
    },
  })
  const before = await readPage()
  await ask(user, markRead, { ids: [first, second] })
  expect(await readPage()).toEqual(before)
  const unread = await readPage({ unreadOnly: true })
  expect(unread.notifications.edges.map(edge => edge.node.id)).toEqual([third])
})

it('counts anew after each of several changes in one request', async () => {
  const { ask, user, ids } = await createInbox(2)
  const { data } = await ask(
    user,
    `mutation ($one: [ID!]!, $two: [ID!]!) {
      one: markNotificationsRead(input: { ids: $one }) { ...count }
      two: markNotificationsRead(input: { ids: $two }) { ...count }
    }
    fragment count on MarkNotificationsReadSuccess { user { unreadNotificationCount } }`,
    { one: ids.slice(0, 1), two: ids.slice(1) },
  )
  expect(data).toEqual({
    one: { user: { unreadNotificationCount: 1 } },
    two: { user: { unreadNotificationCount: 0 } },
  })
})

it('takes 1 to 100 ids to mark, pages of 1 to 100, and cursors of its own', async () => {
  const { ask, user } = await createInbox(0)
  for (const ids of [[], Array.from({ length: 101 }, () => uuidv7())]) {
    const { data } = await ask(user, markRead, { ids })
    expect(data).toMatchObject({ markNotificationsRead: { __typename: 'InvalidInput', field: 'ids' } })
  }
  const beyondInt32 = Buffer.from('[99999999999]').toString('base64url')
  for (const page of [{ first: 0 }, { first: 101 }, { after: '' }, { after: 'x' }, { after: beyondInt32 }]) {
    const { errors } = await ask(user, userFields, { of: users(user.id), ...page })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  }
})

it("shows a user's notifications to that user alone, by every path", async () => {
  const { ask, user, ids } = await createInbox(1)
  const strangers = [
    createUser(),
    createUser(['users:read', 'orders:read']),
    anonymous,
    { kind: 'service', name: 'orders', scopes: ['stock:reserve'] } as const,
  ]
  for (const viewer of strangers) {
    const asUser = await ask(viewer, userFields, { of: users(user.id, uuidv7(), 'no uuid') })
    expect(asUser.errors).toBeUndefined()
    expect(asUser.data).toMatchObject({
      _entities: users(user.id, 'ignored', 'ignored').map(() => ({
        notifications: null,
        unreadNotificationCount: null,
      })),
    })
    const direct = await ask(viewer, byId, { of: notifications(...ids, uuidv7(), 'no uuid') })
    expect(direct).toMatchObject({ data: { _entities: [null, null, null] } })
    expect(direct.errors).toBeUndefined()
  }
  const own = await ask(user, byId, { of: notifications(...ids, 'no uuid') })
  expect(own.data).toMatchObject({ _entities: [{ id: ids[0], kind: 'ORDER_CONFIRMED' }, null] })
})

it('asks who marks notifications to sign in', async () => {
  const { ask, ids } = await createInbox(1)
  for (const viewer of [anonymous, { kind: 'service', name: 'orders', scopes: ['stock:reserve'] } as const]) {
    const { errors } = await ask(viewer, markRead, { ids })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }
})

it('needs as many SQL statements for 20 users or notifications as for one', async () => {
  const { ask, user, ids, queries } = await createInbox(20)
  const countFor = async (query: string, variables: object) => {
    queries.reset()
    const { errors } = await ask(user, query, variables)
    expect(errors).toBeUndefined()
    return queries.count()
  }
  const others = Array.from({ length: 19 }, () => uuidv7())
  const forOne = await countFor(userFields, { of: users(user.id), first: 1 })
  expect(forOne).toBe(2)
  expect(await countFor(userFields, { of: users(...others, user.id), first: 20 })).toBe(forOne)
  expect(await countFor(byId, { of: notifications(...ids.slice(0, 1)) })).toBe(1)
  expect(await countFor(byId, { of: notifications(...ids) })).toBe(1)
})

it('answers holders of an identity token for this service alone', async () => {
  const { startReplica, tokenOf } = await createSystem()
  const { post, subscribeWith } = await startReplica()
  const foreign = await tokenOf(createUser(), 'orders')
  const headersOfStrangers: readonly Readonly<Record<string, string>>[] = [
    {},
    { authorization: `Bearer ${foreign}` },
    { authorization: 'Bearer x' },
  ]
  for (const headers of headersOfStrangers) {
    for (const query of ['{ _service { sdl } }', '{ _entities(representations: []) { __typename } }']) {
      expect(await post(headers, query)).toMatchObject({
        status: 401,
        errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
      })
    }
  }
  for (const token of [undefined, foreign]) {
    const refused = subscribeWith(token, 'subscription { notificationAdded { notification { id } } }')
    await expect(refused.next()).rejects.toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }
})
