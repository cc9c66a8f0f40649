import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it, vi } from 'vitest'
import { mailboxOf } from '../mail/mail-throttle.ts'
import { createOrderEvents, userRegistered } from './events.ts'
import { createUser } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

const limits = { WELCOME_LIMIT_PER_MAILBOX: '2/1d', MAIL_LIMIT_PER_MAILBOX: '3/1h' }
const registered = (userId: string, email: string, name = 'Ada') =>
  userRegistered(userId, { name, email, occurredAt: new Date() })

it('drops welcomes to a mailbox that got too many, under whichever of its names, and says so', async () => {
  const { startReplica, mail, emails, settled } = await createPostOffice()
  const replicas = [await startReplica(limits), await startReplica(limits)]
  const addresses = Array.from({ length: 12 }, (_, index) => `victim${index ? `+${index}` : ''}@example.com`)
  await Promise.all(
    addresses.map((email, index) =>
      replicas[index % 2]?.transport.publish(registered(createUser().id, email)),
    ),
  )
  await replicas[0]?.transport.publish(registered(createUser().id, 'other@example.com'))
  await settled('SENT', 'SKIPPED')
  expect(mail.received.filter(({ recipients }) => recipients[0]?.startsWith('victim'))).toHaveLength(2)
  expect(mail.received.map(({ recipients }) => recipients[0])).toContain('other@example.com')
  const skipped = (await emails()).filter(({ state }) => state === 'SKIPPED')
  expect(skipped).toHaveLength(10)
  for (const { attempts, last_error } of skipped) {
    expect([attempts, last_error]).toEqual([0, 'there are too many e-mails to this address'])
  }
})

it('holds back what orders have to say, loses none of it, and lets no welcome hold it back', async () => {
  const { startReplica, mail, emails, settled, makeDue, sql } = await createPostOffice()
  const { transport } = await startReplica(limits)
  const user = createUser()
  for (let index = 0; index < 5; index += 1) {
    await transport.publish(registered(createUser().id, `ada+${index}@example.com`))
  }
  await transport.publish(registered(user.id, 'ada@example.com'))
  await settled('SENT', 'SKIPPED')
  expect(mail.received).toHaveLength(2)
  for (let index = 0; index < 7; index += 1) {
    await transport.publish(createOrderEvents(user.id, uuidv7(), new Date()).confirmed())
  }
  await expect
    .poll(async () => (await emails()).filter(({ last_error }) => last_error?.includes('too many')).length)
    .toBeGreaterThanOrEqual(8)
  await expect.poll(() => mail.received.length).toBe(5)
  const heldBack = async () => (await emails()).filter(({ state }) => state === 'PENDING')
  // n.b. an e-mail is SENT a moment after it was received
  await expect.poll(heldBack).toHaveLength(4)
  for (const { attempts, due_in_s } of await heldBack()) {
    expect(attempts).toBe(0)
    expect(due_in_s).toBeGreaterThan(1_150)
    expect(due_in_s).toBeLessThanOrEqual(1_200)
  }
  await sql.query('delete from throttle_counts')
  await makeDue()
  await expect.poll(() => mail.received.length).toBe(8)
  await expect
    .poll(async () =>
      (await emails()).filter(({ state }) => state === 'PENDING').map(({ attempts }) => attempts),
    )
    .toEqual([0])
})

it('tries what it holds back more and more rarely, and not all at one moment', async () => {
  // n.b. The lease of an attempt under way has to be longer than every wait, since `due_at` holds either.
  const leaseS = 20_000
  const { startReplica, emails, settled, makeDue, sql } = await createPostOffice({
    sendTimeoutMs: leaseS * 1_000,
  })
  const { transport } = await startReplica({ ...limits, MAIL_LIMIT_PER_MAILBOX: '60/1h' })
  const user = createUser()
  await transport.publish(registered(user.id, 'bulk@example.com'))
  await settled('SENT')
  const orders = Array.from({ length: 80 }, () =>
    createOrderEvents(user.id, uuidv7(), new Date()).confirmed(),
  )
  await Promise.all(orders.map(event => transport.publish(event)))
  const heldBack = async () => (await emails()).filter(({ last_error }) => last_error?.includes('too many'))
  await expect.poll(async () => (await heldBack()).length, { timeout: 60_000 }).toBe(20)
  for (const { due_in_s } of await heldBack()) expect(due_in_s).toBeLessThanOrEqual(60)
  for (const [age, shortestS, longestS] of [
    ['8 minutes', 60, 180],
    ['80 minutes', 600, 1_800],
    ['2 days', 1_800, 5_400],
  ] as const) {
    await sql.query(`update emails set created_at = now() - $1::interval where state = 'PENDING'`, [age])
    await sql.query("update throttle_counts set blocked_until = now() + interval '1 minute'")
    const madeDueAt = performance.now()
    await makeDue()
    const waits = await vi.waitFor(
      async () => {
        const dueIn = (await heldBack()).map(one => one.due_in_s)
        expect(dueIn.filter(seconds => seconds <= 0 || seconds >= leaseS)).toEqual([])
        return dueIn
      },
      { timeout: 60_000 },
    )
    const passedS = (performance.now() - madeDueAt) / 1_000
    expect(Math.min(...waits) + passedS).toBeGreaterThan(shortestS - 5)
    expect(Math.max(...waits)).toBeLessThanOrEqual(longestS + 5)
    expect(new Set(waits.map(Math.round)).size).toBeGreaterThan(5)
  }
})

it('counts an e-mail once, however often it has to be sent', async () => {
  const { startReplica, mail, emails, settled, makeDue } = await createPostOffice()
  const { transport } = await startReplica(limits)
  mail.failWith({ at: 'RCPT', code: 450 })
  await transport.publish(registered(createUser().id, 'grey@example.com'))
  // n.b. more attempts than are allowed
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    await expect.poll(async () => (await emails())[0]?.attempts).toBe(attempt)
    // n.b. The lease of an attempt under way is longer, and an e-mail whose lease is broken is sent twice.
    await expect.poll(async () => (await emails())[0]?.due_in_s).toBeLessThan(100)
    expect((await emails())[0]?.last_error).toMatch(/450/)
    if (attempt === 4) mail.failWith()
    await makeDue()
  }
  await settled('SENT')
  expect(mail.received).toHaveLength(1)
})

it.each([
  ['Visit https://evil.example', 'Hello,', undefined],
  ['evil.example', 'Hello evil. example,', 'evil. example'],
  ['eve@evil.example', 'Hello,', undefined],
  ['J.R. Smith', 'Hello J. R. Smith,', 'J. R. Smith'],
  ['St. John', 'Hello St. John,', 'St. John'],
])('greets %s without a link, in text, in HTML and in the head', async (name, greeting, shown) => {
  const { startReplica, mail, settled } = await createPostOffice()
  const { transport } = await startReplica()
  await transport.publish(registered(createUser().id, 'ada@example.com', name))
  await settled('SENT')
  const [sent] = mail.received
  expect(sent?.email.text).toContain(`\n${greeting}\n`)
  expect(sent?.email.html).toContain(`>${greeting}<`)
  expect(sent?.email.to).toMatchObject([{ address: 'ada@example.com', name: shown ?? '' }])
  expect(`${sent?.email.text}${sent?.email.html}`).not.toMatch(/evil\.example/)
})

it('makes no link of what a customer wrote about a cancelled order', async () => {
  const { startReplica, mail, settled } = await createPostOffice()
  const { transport } = await startReplica()
  const user = createUser()
  await transport.publish(registered(user.id, 'ada@example.com'))
  await transport.publish(
    createOrderEvents(user.id, uuidv7(), new Date()).cancelled(3, 'see https://evil.example/x'),
  )
  await settled('SENT')
  const cancelled = mail.received.find(({ email }) => email.subject?.includes('cancelled'))
  expect(cancelled?.email.text).toContain('Reason: see https: //evil. example/x')
})

it('sends to an address with a Unicode domain in the form that mail servers take', async () => {
  const { startReplica, mail, settled } = await createPostOffice()
  const { transport } = await startReplica()
  await transport.publish(registered(createUser().id, 'h&m.fan@xn--kse-qla.example'))
  await settled('SENT')
  // n.b. the test's mail server shows envelopes in Unicode
  expect(mail.received[0]?.raw).toMatch(/^To: Ada <h&m\.fan@xn--kse-qla\.example>\r$/m)
})

it.each([
  ['ada@example.com', 'ada@example.com'],
  ['Ada+Shop@example.com', 'ada@example.com'],
  ['ada+a+b@example.com', 'ada@example.com'],
  ['ada+@example.com', 'ada@example.com'],
  ['+ada@example.com', '+ada@example.com'],
  ['a.d.a@example.com', 'a.d.a@example.com'],
])('counts %s as the mailbox %s', (address, mailbox) => {
  expect(mailboxOf(address)).toBe(mailbox)
})
