import { publishUntilHandled } from '@supergraph/messaging/tests/test-namespace.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { RecipientForgotten } from '@supergraph/schema/events/notifications.ts'
import { CustomerForgotten } from '@supergraph/schema/events/orders.ts'
import {
  SessionEnded,
  UserDeleted,
  UserDeletionCancelled,
  UserDeletionRequested,
} from '@supergraph/schema/events/users.ts'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import {
  anonymous,
  eventsOf,
  loginMutation,
  onDatabase,
  type Person,
  password,
  personOf,
  runUsers,
  tokens,
  userOf,
} from './users-under-test.ts'

const start = async (graceSeconds: number) => {
  const users = await runUsers({ variables: { ACCOUNT_DELETION_GRACE_SECONDS: String(graceSeconds) } })
  onTestFinished(users.stop)
  const deleteMe = async ({ viewer }: Pick<Person, 'viewer'>, given = password) =>
    users.ask(
      viewer,
      `mutation ($input: DeleteMeInput!) {
        deleteMe(input: $input) { __typename ... on DeleteMeSuccess { dueAt } }
      }`,
      { input: { password: given } },
    )
  const login = async (email: string) => {
    const { data } = await users.ask(anonymous, loginMutation, { input: { email, password } })
    const signedIn = tokens.safeParse(data?.login).data
    return signedIn && personOf(signedIn.accessToken)
  }
  const underWay = async () => {
    const query = '{ accountDeletions { userId carriedOutAt waitsFor } }'
    return (await users.ask(userOf('ADMIN'), query)).data?.accountDeletions
  }
  return { users, deleteMe, login, underWay }
}

const forgotten = (type: typeof CustomerForgotten | typeof RecipientForgotten, userId: string) => {
  const id = uuidv7()
  return type.create({ id, subject: id, version: 1, occurredAt: new Date(), data: { userId } })
}

const day = 86_400

it('ends every session at once, and can be cancelled by who signs in before it is due', async () => {
  const { users, deleteMe, login, underWay } = await start(7 * day)
  const ada = await users.register('Ada')
  expect((await deleteMe(ada, 'not the password')).data?.deleteMe).toMatchObject({
    __typename: 'InvalidCredentials',
  })
  const before = Date.now()
  const { dueAt } = Object((await deleteMe(ada)).data?.deleteMe)
  expect((Date.parse(dueAt) - before) / 1_000).toBeGreaterThan(7 * day - 10)
  expect(await eventsOf(users.databaseUrl, SessionEnded)).toMatchObject([
    { data: { userId: ada.id, sessionId: null } },
  ])
  expect(await eventsOf(users.databaseUrl, UserDeletionRequested)).toMatchObject([
    { data: { userId: ada.id, dueAt } },
  ])
  expect((await deleteMe(ada)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')

  const again = await login(ada.email)
  if (again === undefined) throw new Error('nobody can sign in')
  expect((await users.ask(again.viewer, '{ me { deletionDueAt } }')).data?.me).toEqual({
    deletionDueAt: dueAt,
  })
  expect(await underWay()).toEqual([{ userId: ada.id, carriedOutAt: null, waitsFor: ['users'] }])
  const cancel =
    'mutation { cancelDeletion { __typename ... on CancelDeletionSuccess { user { deletionDueAt } } } }'
  expect((await users.ask(again.viewer, cancel)).data?.cancelDeletion).toEqual({
    __typename: 'CancelDeletionSuccess',
    user: { deletionDueAt: null },
  })
  expect((await users.ask(again.viewer, cancel)).data?.cancelDeletion).toMatchObject({
    __typename: 'NoDeletion',
  })
  expect(await underWay()).toEqual([])
  expect(await eventsOf(users.databaseUrl, UserDeletionCancelled)).toMatchObject([
    { data: { userId: ada.id } },
  ])
})

it('leaves nothing of the person, tells everybody, and is done when every service has forgotten them', async () => {
  const { users, deleteMe, login, underWay } = await start(0)
  const ada = await users.register('Ada')
  const grace = await users.register('Grace')
  const address = { name: 'Ada', line1: '1 Engine Lane', city: 'London', postalCode: 'SW1', country: 'GB' }
  await users.ask(
    ada.viewer,
    'mutation ($address: AddressInput!) { addAddress(input: { address: $address }) { __typename } }',
    { address },
  )
  await users.ask(ada.viewer, 'mutation { updateMe(input: { name: "Ada King" }) { __typename } }')
  await deleteMe(ada)
  await expect.poll(() => eventsOf(users.databaseUrl, UserDeleted)).toHaveLength(1)
  expect(await eventsOf(users.databaseUrl, UserDeleted)).toMatchObject([
    { subject: ada.id, version: 3, data: { userId: ada.id } },
  ])
  expect(await login(ada.email)).toBeUndefined()
  expect(await login(grace.email)).toBeDefined()
  const rows = await onDatabase(
    users.databaseUrl,
    `select (select count(*) from sessions where user_id = $1)::int + (select count(*) from credentials where user_id = $1)::int
       + (select count(*) from addresses where user_id = $1)::int as left_over,
       (select count(*)::int from outbox where envelope::text ~ 'Engine|Ada') as told`,
    [ada.id],
  )
  expect(rows).toEqual([{ left_over: 0, told: 0 }])

  const entity = `query ($id: ID!) {
    _entities(representations: [{ __typename: "User", id: $id }]) { ... on User { id name email createdAt } }
  }`
  const [left] = z
    .array(z.looseObject({ createdAt: z.coerce.date() }))
    .parse((await users.ask(userOf('STAFF'), entity, { id: ada.id })).data?._entities)
  expect(left).toMatchObject({ id: ada.id, name: 'Deleted account', email: null })
  expect(Math.abs(Number(left?.createdAt) - Date.now())).toBeLessThan(60_000)
  expect((await users.ask(userOf('STAFF'), entity, { id: uuidv7() })).data?._entities).toEqual([null])
  const carriedOutAt = expect.any(String)
  expect(await underWay()).toEqual([{ userId: ada.id, carriedOutAt, waitsFor: ['orders', 'notifications'] }])
  const confirmed = forgotten(RecipientForgotten, ada.id)
  for (const event of [confirmed, confirmed, forgotten(CustomerForgotten, uuidv7())])
    await publishUntilHandled(users.transport, event)
  expect(await underWay()).toEqual([{ userId: ada.id, carriedOutAt, waitsFor: ['orders'] }])
  await publishUntilHandled(users.transport, forgotten(CustomerForgotten, ada.id))
  expect(await underWay()).toEqual([])
  expect(await users.register('Ada')).toMatchObject({ email: ada.email })
})

it('keeps the last admin, also if two want to go at once', async () => {
  const { users, deleteMe, login } = await start(7 * day)
  const people = [await users.register('One'), await users.register('Two')]
  await onDatabase(users.databaseUrl, `update users set role = 'ADMIN'`)
  const answers = await Promise.all(people.map(person => deleteMe(person)))
  expect(answers.map(({ data }) => Object(data?.deleteMe).__typename).toSorted()).toEqual([
    'DeleteMeSuccess',
    'LastAdmin',
  ])
  expect(await login('one@people.example')).toBeDefined()
})
