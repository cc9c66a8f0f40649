import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserDeleted, UserDeletionCancelled, UserDeletionRequested } from '@supergraph/schema/events/users.ts'
import type { Client } from 'pg'
import { expect, it } from 'vitest'
import { createOrderEvents, userRegistered, userUpdated } from './events.ts'
import { createUser } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

const deleted = (userId: string) =>
  UserDeleted.create({
    id: uuidv7(),
    subject: userId,
    version: 9,
    occurredAt: new Date(),
    data: { userId },
  })

const isForgotten = async (sql: Pick<Client, 'query'>, userId: string): Promise<boolean> => {
  const told = `select from outbox where envelope ->> 'type' = 'recipient.forgotten' and envelope #>> '{data,userId}' = $1`
  return (await sql.query(told, [userId])).rowCount === 1
}

it('forgets a deleted user, and takes nothing more of them that comes late or again', async () => {
  const { startReplica, sql, mail, settled } = await createPostOffice()
  const replicas = [await startReplica(), await startReplica()]
  const [{ transport } = await startReplica()] = replicas
  const [gone, stays] = [createUser(), createUser()]
  const about = (userId: string) => [
    userRegistered(userId, { name: 'Ada', email: `${userId}@example.com`, occurredAt: new Date() }),
    createOrderEvents(userId, uuidv7(), new Date()).confirmed(),
  ]
  const [first, order] = about(gone.id)
  if (first === undefined || order === undefined) throw new Error('there are no events')
  for (const event of [first, order, ...about(stays.id)]) await transport.publish(event)
  await settled('SENT')
  expect(mail.received).toHaveLength(4)

  const event = deleted(gone.id)
  const late = [
    userUpdated(gone.id, 3, { name: 'Ada King', email: 'late@example.com' }),
    createOrderEvents(gone.id, uuidv7(), new Date()).cancelled(),
  ]
  await Promise.all([event, event].map((one, index) => replicas[index]?.transport.publish(one)))
  await Promise.all(late.map((one, index) => replicas[index]?.transport.publish(one)))
  await sql.query('delete from inbox')
  for (const one of [first, order, ...late, event]) await transport.publish(one)
  await expect.poll(() => isForgotten(sql, gone.id)).toBe(true)
  const { rows } = await sql.query(
    `select (select count(*) from recipients where user_id = $1)::int as recipients,
       (select count(*) from emails where user_id = $1)::int as emails,
       (select count(*) from notifications where user_id = $1)::int as notifications,
       (select count(*) from recipients)::int as all_recipients, (select count(*) from emails)::int as all_emails,
       (select count(*) from outbox where envelope ->> 'type' = 'recipient.forgotten')::int as told`,
    [gone.id],
  )
  expect(rows).toEqual([
    { recipients: 0, emails: 0, notifications: 0, all_recipients: 1, all_emails: 2, told: 1 },
  ])
  expect(mail.received.map(({ email }) => email.subject).slice(4)).toEqual(['Your account was deleted'])
  expect(mail.received.at(-1)?.recipients).toEqual([`${gone.id}@example.com`])
})

it.each([
  ['once the mail server has refused the last e-mail for good', 'refuse'],
  ['once the last e-mail is 3 days old', 'late'],
  ['at once if nobody knows an address', 'unknown'],
  ['by the next process if one was killed after the last e-mail', 'killed'],
])('forgets a deleted user %s', async (_, how) => {
  const { startReplica, sql, mail, settled, makeDue } = await createPostOffice()
  const { id } = createUser()
  const first = await startReplica()
  const event = userRegistered(id, { name: 'Ada', email: `${id}@example.com`, occurredAt: new Date() })
  if (how !== 'unknown') await first.transport.publish(event)
  await settled('SENT')
  mail.failWith({ at: 'RCPT', code: how === 'refuse' ? 550 : 450 })
  await first.transport.publish(deleted(id))
  if (how === 'late' || how === 'killed') {
    await expect.poll(() => sql.query('select from emails where attempts > 0')).toMatchObject({ rowCount: 1 })
    expect(await isForgotten(sql, id)).toBe(false)
    if (how === 'late') await sql.query(`update emails set created_at = now() - interval '3 days 1 second'`)
    else await sql.query(`update emails set state = 'SENT', sent_at = now()`)
    await makeDue()
    await expect
      .poll(() => sql.query(`select from emails where state = 'PENDING'`))
      .toMatchObject({ rowCount: 0 })
    await startReplica()
  }
  await expect.poll(() => isForgotten(sql, id)).toBe(true)
  const { rows } = await sql.query(
    'select (select count(*) from recipients)::int + (select count(*) from emails)::int as left_over',
  )
  expect(rows).toEqual([{ left_over: 0 }])
})

const aboutDeletion = (userId: string, kind: 'requested' | 'cancelled', occurredAt: Date) => {
  const id = uuidv7()
  const head = { id, subject: id, version: 1, occurredAt }
  return kind === 'requested'
    ? UserDeletionRequested.create({ ...head, data: { userId, dueAt: '2027-03-08T09:30:00.000Z' } })
    : UserDeletionCancelled.create({ ...head, data: { userId } })
}

it('tells whoever is to be deleted when that is, and that it was cancelled, also if they want no e-mail', async () => {
  const { startReplica, mail, settled, sql } = await createPostOffice()
  const { transport } = await startReplica()
  const { id } = createUser()
  await sql.query(`insert into preferences values ($1, 'EMAIL', false)`, [id])
  await transport.publish(userUpdated(id, 2, { name: 'Ada', email: 'ada@example.com', locale: 'de' }))
  const [earlier, now] = [new Date(Date.now() - 60_000), new Date()]
  await transport.publish(aboutDeletion(id, 'requested', earlier))
  await settled('SENT')
  await transport.publish(aboutDeletion(id, 'cancelled', now))
  await settled('SENT')
  const subjects = mail.received.map(({ email }) => email.subject)
  expect(subjects).toEqual(['Ihr Konto wird gelöscht', 'Ihr Konto bleibt bestehen'])
  expect(mail.received[0]?.email.text).toContain('8. März 2027')
})

it.each([
  ['its cancellation comes before it', ['cancelled', 'requested']],
  ['it waits still when its cancellation comes', ['requested', 'cancelled']],
] as const)('tells nobody of a deletion that was cancelled, if %s', async (_, order) => {
  const { startReplica, mail, settled } = await createPostOffice()
  const { transport } = await startReplica()
  const { id } = createUser()
  const at = { requested: new Date(Date.now() - 60_000), cancelled: new Date() }
  // n.b. all e-mails wait for the address
  for (const kind of order) await transport.publish(aboutDeletion(id, kind, at[kind]))
  await transport.publish(userUpdated(id, 2, { name: 'Ada', email: 'ada@example.com' }))
  await settled('SENT', 'SKIPPED')
  expect(mail.received.map(({ email }) => email.subject)).toEqual(['Your account stays'])
})
