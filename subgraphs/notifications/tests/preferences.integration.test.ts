import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it } from 'vitest'
import { createOrderEvents, userRegistered } from './events.ts'
import { anonymous, createUser } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

const read = `query ($of: [_Any!]!) {
  _entities(representations: $of) { ... on User { notificationPreferences { channel enabled } } } }`
const update = `mutation ($channel: NotificationChannel!, $enabled: Boolean!) {
  updateNotificationPreferences(input: { channel: $channel, enabled: $enabled }) {
    ... on UpdateNotificationPreferencesSuccess { user { id notificationPreferences { channel enabled } } } } }`

const users = (...ids: readonly string[]) => ids.map(id => ({ __typename: 'User', id }))
const registered = (userId: string) =>
  userRegistered(userId, { email: 'ada@example.com', occurredAt: new Date() })

it('tells in every way until it is switched off, and again once it is switched on', async () => {
  const { startReplica } = await createPostOffice()
  const { ask } = await startReplica()
  const user = createUser()
  const preferences = async () => (await ask(user, read, { of: users(user.id) })).data
  const both = (inApp: boolean, email: boolean) => [
    { channel: 'IN_APP', enabled: inApp },
    { channel: 'EMAIL', enabled: email },
  ]
  expect(await preferences()).toEqual({ _entities: [{ notificationPreferences: both(true, true) }] })
  for (const enabled of [false, false, true]) {
    const { data } = await ask(user, update, { channel: 'EMAIL', enabled })
    const expected = { user: { id: user.id, notificationPreferences: both(true, enabled) } }
    expect(data).toEqual({ updateNotificationPreferences: expected })
  }
  await ask(user, update, { channel: 'IN_APP', enabled: false })
  expect(await preferences()).toEqual({ _entities: [{ notificationPreferences: both(false, true) }] })
})

it("shows a user's preferences to that user alone, and changes nobody else's", async () => {
  const { startReplica } = await createPostOffice()
  const { ask } = await startReplica()
  const user = createUser()
  const service = { kind: 'service', name: 'orders', scopes: ['stock:reserve'] } as const
  for (const viewer of [createUser(), createUser(['users:read', 'users:manage']), anonymous, service]) {
    const { data, errors } = await ask(viewer, read, { of: users(user.id, 'no uuid') })
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      _entities: [{ notificationPreferences: null }, { notificationPreferences: null }],
    })
  }
  for (const viewer of [anonymous, service]) {
    const { errors } = await ask(viewer, update, { channel: 'EMAIL', enabled: false })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }
  await ask(createUser(), update, { channel: 'EMAIL', enabled: false })
  const { data } = await ask(user, read, { of: users(user.id) })
  expect(data).toMatchObject({ _entities: [{ notificationPreferences: [{}, { enabled: true }] }] })
})

it('writes to nobody who has switched e-mail off, not even what was waiting', async () => {
  const { startReplica, mail, emails, settled, makeDue, sql } = await createPostOffice()
  const { ask, transport } = await startReplica()
  const user = createUser()
  mail.failWith({ at: 'RCPT', code: 450 })
  await transport.publish(registered(user.id))
  await expect.poll(async () => (await emails())[0]?.last_error).toEqual(expect.any(String))
  await ask(user, update, { channel: 'EMAIL', enabled: false })
  mail.failWith()
  await transport.publish(createOrderEvents(user.id, uuidv7(), new Date()).confirmed())
  await makeDue()
  await settled('SKIPPED')
  expect(await emails()).toMatchObject([{ last_error: 'the user wants no e-mail' }, { attempts: 0 }])
  expect(mail.received).toEqual([])
  const { rows } = await sql.query('select kind from notifications order by seq')
  expect(rows).toEqual([{ kind: 'WELCOME' }, { kind: 'ORDER_CONFIRMED' }])
})

it('shows nothing in the app to whoever has switched that off, writes all the same, and keeps what was withheld', async () => {
  const { startReplica, mail, settled, sql } = await createPostOffice()
  const { ask, transport } = await startReplica()
  const user = createUser()
  await ask(user, update, { channel: 'IN_APP', enabled: false })
  const event = registered(user.id)
  await transport.publish(event)
  await settled('SENT')
  expect(mail.received).toHaveLength(1)
  expect((await sql.query('select from notifications')).rowCount).toBe(0)
  const { rows } = await sql.query('select event_id, user_id, kind from withheld_notifications')
  expect(rows).toEqual([{ event_id: event.id, user_id: user.id, kind: 'WELCOME' }])

  await ask(user, update, { channel: 'IN_APP', enabled: true })
  await transport.publish(createOrderEvents(user.id, uuidv7(), new Date()).confirmed())
  const notifications = await sql.query('select kind, seq from notifications')
  expect(notifications.rows).toEqual([{ kind: 'ORDER_CONFIRMED', seq: 1 }])
})
