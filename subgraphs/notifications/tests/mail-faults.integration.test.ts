import { addLogTaker } from '@supergraph/runtime/logger.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserRegisteredV2 } from '@supergraph/schema/events/users.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createOrderEvents, userRegistered } from './events.ts'
import { type Fault, startMailServer } from './mail-server.ts'
import { createUser } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

const welcome = (userId = createUser().id) =>
  userRegistered(userId, { email: 'ada@example.com', occurredAt: new Date() })

const passing: readonly (readonly [string, Fault])[] = [
  ['refuses the recipient for now', { at: 'RCPT', code: 450 }],
  ['refuses the message for now', { at: 'DATA', code: 451 }],
  ['takes the message and vanishes', 'drops after DATA'],
  ['takes the message and says nothing more', 'hangs after DATA'],
]

describe.each(passing)('a mail server that %s', (_, fault) => {
  it('is tried again after 10 s under the same Message-ID, and loses nothing', async () => {
    // n.b. Without a fault, a busy machine must be able to send within the same time.
    const limits = fault === 'hangs after DATA' ? { sendTimeoutMs: 2_000 } : {}
    const { startReplica, mail, emails, settled, makeDue } = await createPostOffice(limits)
    const { transport } = await startReplica()
    mail.failWith(fault)
    await transport.publish(welcome())
    await expect.poll(async () => (await emails())[0]?.last_error).toEqual(expect.any(String))
    const [failed] = await emails()
    expect(failed).toMatchObject({ state: 'PENDING', attempts: 1 })
    expect(failed?.due_in_s).toBeGreaterThan(8)
    expect(failed?.due_in_s).toBeLessThanOrEqual(10)

    mail.failWith()
    const before = mail.received.length
    await makeDue()
    await settled('SENT')
    expect(mail.received).toHaveLength(before + 1)
    for (const { email } of mail.received) expect(email.messageId).toBe(`<${failed?.id}@shop.example>`)
  })
})

it('writes to an address that is not in ASCII by SMTPUTF8, and says so if the mail server can not', async () => {
  const { startReplica, mail, emails, settled, makeDue, sql } = await createPostOffice()
  const old = await startMailServer({ offersUtf8: false })
  const { transport, stop } = await startReplica({ SMTP_URL: old.url })
  const { id } = createUser()
  await transport.publish(
    UserRegisteredV2.create({
      id: uuidv7(),
      subject: id,
      version: 1,
      occurredAt: new Date(),
      data: { userId: id, name: 'Jürgen', email: 'jürgen@xn--mller-kva.example' },
    }),
  )
  await expect.poll(async () => (await emails())[0]?.last_error).toMatch(/does not offer SMTPUTF8/)
  expect(await emails()).toMatchObject([{ state: 'PENDING', attempts: 1 }])
  await transport.publish(welcome())
  await expect.poll(() => old.received.map(({ recipients }) => recipients)).toEqual([['ada@example.com']])
  await stop()

  await startReplica()
  await makeDue()
  await settled('SENT')
  expect(mail.received).toMatchObject([{ recipients: ['jürgen@müller.example'], isUtf8: true }])
  expect((await sql.query('select title from notifications where user_id = $1', [id])).rows).toHaveLength(1)
})

it('waits twice as long with each failure, up to 10 minutes', async () => {
  const { startReplica, mail, emails, makeDue, sql } = await createPostOffice()
  const { transport } = await startReplica()
  mail.failWith({ at: 'RCPT', code: 450 })
  await transport.publish(welcome())
  const waits: number[] = []
  for (const attempts of [1, 2, 3, 4]) {
    await expect.poll(async () => (await emails())[0]?.attempts).toBe(attempts)
    await expect.poll(async () => (await emails())[0]?.due_in_s).toBeLessThan(100)
    waits.push(Math.round(((await emails())[0]?.due_in_s ?? 0) / 10))
    await makeDue()
  }
  expect(waits).toEqual([1, 2, 4, 8])
  await expect.poll(async () => (await emails())[0]?.attempts).toBe(5)
  await sql.query('update emails set attempts = 50')
  await makeDue()
  await expect.poll(async () => (await emails())[0]?.due_in_s).toBeGreaterThan(500)
  expect((await emails())[0]?.due_in_s).toBeLessThanOrEqual(600)
})

it('logs why an e-mail was refused, and not the address that the mail server quotes', async () => {
  const lines: string[] = []
  onTestFinished(addLogTaker(line => lines.push(line)).stop)
  const { startReplica, mail, emails } = await createPostOffice()
  const { transport } = await startReplica({ LOG_LEVEL: 'warn' })
  mail.failWith({ at: 'RCPT', code: 550, message: 'no such user: ada@example.com' })
  await transport.publish(welcome())
  await expect.poll(async () => (await emails())[0]?.last_error).toContain('ada@example.com')
  await expect.poll(() => lines.join('')).toContain('"responseCode":550')
  expect(lines.join('')).not.toContain('ada@example.com')
})

it('delivers everything once a mail server is back that was away', async () => {
  const { startReplica, mail, emails, settled, makeDue } = await createPostOffice()
  const replicas = [await startReplica(), await startReplica()]
  await mail.stop()
  const events = Array.from({ length: 25 }, () => welcome())
  await Promise.all(events.map((event, index) => replicas[index % 2]?.transport.publish(event)))
  await expect.poll(async () => (await emails()).every(({ last_error }) => last_error !== null)).toBe(true)
  expect((await emails()).map(({ state }) => state)).toEqual(events.map(() => 'PENDING'))

  const back = await startMailServer({ port: mail.port })
  await makeDue()
  await settled('SENT')
  const ids = back.received.map(({ email }) => email.messageId)
  expect([ids.length, new Set(ids).size]).toEqual([25, 25])
})

it.each([
  { at: 'RCPT', code: 550 },
  { at: 'DATA', code: 554 },
] as const)('gives up on what a mail server refuses permanently ($at $code), and goes on with the rest', async fault => {
  const { startReplica, mail, emails, settled } = await createPostOffice()
  const { transport } = await startReplica()
  mail.failWith(fault)
  await transport.publish(welcome())
  await settled('FAILED')
  expect(await emails()).toMatchObject([
    { attempts: 1, last_error: expect.stringContaining('not this time') },
  ])
  mail.failWith()
  await transport.publish(welcome())
  await settled('FAILED', 'SENT')
  expect((await emails()).map(({ state }) => state).toSorted()).toEqual(['FAILED', 'SENT'])
})

it('tries again if the mail server refuses our login and not the e-mail', async () => {
  const { startReplica, mail, emails, settled, makeDue } = await createPostOffice()
  const { transport } = await startReplica({ SMTP_URL: mail.url.replace('//', '//shop:secret@') })
  mail.failWith({ at: 'AUTH', code: 535 })
  await transport.publish(welcome())
  await expect.poll(async () => (await emails())[0]?.last_error).toEqual(expect.any(String))
  expect(await emails()).toMatchObject([{ state: 'PENDING', attempts: 1 }])
  expect(JSON.stringify(await emails())).not.toContain('secret')
  mail.failWith()
  await makeDue()
  await settled('SENT')
})

it('gives up after three days, with the last error', async () => {
  const { startReplica, mail, emails, settled, makeDue, sql } = await createPostOffice()
  const { transport } = await startReplica()
  mail.failWith({ at: 'RCPT', code: 450 })
  await transport.publish(welcome())
  await expect.poll(async () => (await emails())[0]?.last_error).toEqual(expect.any(String))
  await sql.query(`update emails set created_at = now() - interval '3 days' + interval '5 s'`)
  await makeDue()
  await settled('FAILED')
  expect(await emails()).toMatchObject([
    { attempts: 2, last_error: expect.stringContaining('not this time') },
  ])
})

it('leaves alone what another sender is sending, and takes over what a killed sender left', async () => {
  const { startReplica, mail, emails, settled, makeDue, sql } = await createPostOffice()
  const user = createUser()
  const [first] = [await startReplica()]
  mail.failWith({ at: 'RCPT', code: 450 })
  await first.transport.publish(welcome(user.id))
  await expect.poll(async () => (await emails())[0]?.last_error).toEqual(expect.any(String))
  mail.failWith()
  // n.b. the state that a sender leaves if it is killed while it sends
  await sql.query(`update emails set attempts = 2, due_at = now() + interval '100 s'`)
  await first.transport.publish(createOrderEvents(user.id, uuidv7(), new Date()).confirmed())
  await expect.poll(() => mail.received.length).toBe(1)
  expect(mail.received[0]?.email.subject).toBe('Order 100001 is confirmed')
  await expect.poll(emails).toMatchObject([{ state: 'PENDING', attempts: 2 }, { state: 'SENT' }])
  await makeDue()
  await settled('SENT')
  expect(mail.received[1]?.email.subject).toBe('Your account is ready')
})

it('stops within seconds while a mail server hangs, and sends the e-mail after the next start', async () => {
  const { startReplica, mail, emails, settled, makeDue } = await createPostOffice()
  const { transport, stop } = await startReplica()
  mail.failWith('hangs after DATA')
  await transport.publish(welcome())
  await expect.poll(() => mail.received.length).toBe(1)
  const startedAt = performance.now()
  await stop()
  expect(performance.now() - startedAt).toBeLessThan(6_000)
  expect(await emails()).toMatchObject([{ state: 'PENDING', attempts: 1 }])

  mail.failWith()
  await startReplica()
  await makeDue()
  await settled('SENT')
  expect(new Set(mail.received.map(({ email }) => email.messageId)).size).toBe(1)
})
