import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { OrderConfirmed } from '@supergraph/schema/events/orders.ts'
import { expect, it } from 'vitest'
import { createOrderEvents, userRegistered, userUpdated } from './events.ts'
import { createUser } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

const ordersOf = (userId: string) => createOrderEvents(userId, uuidv7(), new Date())
const registered = (userId: string, data: { name?: string; email?: string; locale?: string } = {}) =>
  userRegistered(userId, { name: 'Ada', email: 'ada@example.com', occurredAt: new Date(), ...data })

it('writes to a new user, and to customers about each thing that happens to their orders', async () => {
  const { startReplica, mail, emails, settled } = await createPostOffice()
  const { transport } = await startReplica()
  const user = createUser()
  const order = ordersOf(user.id)
  await transport.publish(registered(user.id))
  const life = [order.placed(), order.confirmed(), order.shipped(), order.delivered(), order.refunded()]
  for (const event of life) await transport.publish(event)
  await transport.publish(ordersOf(user.id).rejected())
  await transport.publish(ordersOf(user.id).cancelled())
  await settled('SENT')

  const sent = mail.received.map(({ email, recipients }) => ({ ...email, recipients }))
  expect(sent.map(({ subject }) => subject).toSorted()).toEqual([
    'Order 100001 has arrived',
    'Order 100001 is confirmed',
    'Order 100001 is on its way',
    'Order 100001 was cancelled',
    'Order 100001 was refunded in part',
    'Order 100001 was rejected',
    'Your account is ready',
  ])
  for (const { from, to, recipients, headers } of sent) {
    expect(from).toMatchObject({ name: 'The Shop', address: 'shop@shop.example' })
    expect(to).toMatchObject([{ name: 'Ada', address: 'ada@example.com' }])
    expect(recipients).toEqual(['ada@example.com'])
    expect(headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    )
  }
  const ids = (await emails()).map(({ id }) => `<${id}@shop.example>`)
  expect(sent.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())

  const shipped = sent.find(({ subject }) => subject?.includes('on its way'))
  for (const body of [shipped?.text, shipped?.html]) {
    expect(body).toContain('Ada')
    expect(body).toContain('JD014600')
    expect(body).toContain(`https://shop.example/eu/orders/${order.orderId}`)
  }
})

it('writes once about an event, however often it is delivered', async () => {
  const { startReplica, mail, settled, sql } = await createPostOffice()
  const [one, two] = [await startReplica(), await startReplica()]
  const event = registered(createUser().id)
  await Promise.all([one, two, one, two].map(({ transport }) => transport.publish(event)))
  // n.b. the inbox forgets an event after some days
  await sql.query('delete from inbox')
  await two.transport.publish(event)
  await settled('SENT')
  expect(mail.received).toHaveLength(1)
})

it('sends each e-mail once though two replicas send at the same time', async () => {
  const { startReplica, mail, settled } = await createPostOffice()
  const replicas = [await startReplica(), await startReplica()]
  const user = createUser()
  await replicas[0]?.transport.publish(registered(user.id))
  const events = Array.from({ length: 40 }, () => ordersOf(user.id).confirmed())
  await Promise.all(events.map((event, index) => replicas[index % 2]?.transport.publish(event)))
  await settled('SENT')
  expect(new Set(mail.received.map(({ email }) => email.messageId)).size).toBe(41)
  expect(mail.received).toHaveLength(41)
})

it('writes in the language that its reader has chosen last, also if an event does not tell', async () => {
  const { startReplica, mail, settled, sql } = await createPostOffice()
  const { transport } = await startReplica()
  const user = createUser()
  const ada = { name: 'Ada', email: 'ada@example.com' }
  await transport.publish(registered(user.id, { locale: 'de-AT' }))
  await transport.publish(userUpdated(user.id, 2, ada))
  await transport.publish(ordersOf(user.id).refunded())
  await settled('SENT')
  await transport.publish(userUpdated(user.id, 3, { ...ada, locale: 'en' }))
  await transport.publish(ordersOf(user.id).delivered())
  await settled('SENT')
  expect(mail.received.map(({ email }) => email.subject).toSorted()).toEqual([
    'Bestellung 100001 wurde teilweise erstattet',
    'Ihr Konto ist eingerichtet',
    'Order 100001 has arrived',
  ])
  const refund = mail.received.find(({ email }) => email.subject?.includes('erstattet'))?.email
  for (const body of [refund?.text, refund?.html]) {
    expect(body).toContain('Hallo Ada,')
    expect(body).toContain('€\u00a024,95')
  }
  const { rows } = await sql.query('select title, body from notifications order by seq')
  expect(rows.map(({ title }) => title)).toEqual([
    'Willkommen, Ada',
    'Bestellung 100001 wurde teilweise erstattet',
    'Order 100001 has arrived',
  ])
  expect(rows[1].body).toContain('€\u00a024,95')
})

it('waits for the address of someone who is not known yet', async () => {
  const { startReplica, mail, emails, settled } = await createPostOffice()
  const { transport } = await startReplica()
  const [known, unknown] = [createUser(), createUser()]
  await transport.publish(ordersOf(unknown.id).confirmed())
  await transport.publish(registered(known.id))
  await expect.poll(() => mail.received.length).toBe(1)
  expect(await emails()).toContainEqual(expect.objectContaining({ state: 'PENDING', attempts: 0 }))

  await transport.publish(userUpdated(unknown.id, 2, { name: 'Grace', email: 'grace@example.com' }))
  await settled('SENT')
  expect(mail.received.map(({ recipients }) => recipients)).toEqual([
    ['ada@example.com'],
    ['grace@example.com'],
  ])
})

it('sends the welcome to the newest address and name, in whichever order it hears of them', async () => {
  const { startReplica, mail, emails, settled, makeDue } = await createPostOffice()
  const { transport } = await startReplica()
  const user = createUser()
  mail.failWith({ at: 'RCPT', code: 450 })
  await transport.publish(registered(user.id, { email: 'old@example.com' }))
  await transport.publish(userUpdated(user.id, 3, { name: 'Ada King', email: 'new@example.com' }))
  await transport.publish(userUpdated(user.id, 2, { name: 'Ada', email: 'between@example.com' }))
  await expect.poll(async () => (await emails())[0]?.last_error).toEqual(expect.any(String))
  mail.failWith()
  await makeDue()
  await settled('SENT')
  expect(mail.received.map(({ recipients }) => recipients)).toEqual([['new@example.com']])
  expect(mail.received[0]?.email.text).toContain('Hello Ada King,')

  const early = createUser()
  await transport.publish(userUpdated(early.id, 2, { name: 'Grace', email: 'grace@example.com' }))
  await transport.publish(registered(early.id, { email: 'old@example.com' }))
  await settled('SENT')
  expect(mail.received[1]?.recipients).toEqual(['grace@example.com'])
})

it('does not write about what happened too long ago', async () => {
  const { startReplica, mail, emails, settled } = await createPostOffice()
  const { transport } = await startReplica()
  const user = createUser()
  await transport.publish(userRegistered(user.id, { email: 'ada@example.com' }))
  await settled('SKIPPED')
  expect(await emails()).toMatchObject([{ attempts: 0, last_error: 'its event was too long ago' }])
  expect(mail.received).toEqual([])
})

it('lets nobody add a header or a recipient, through whatever is theirs to write', async () => {
  const { startReplica, mail, settled } = await createPostOffice()
  const { transport } = await startReplica()
  const user = createUser()
  const evil = 'Ada\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>'
  await transport.publish(registered(user.id, { name: evil }))
  const item = { productId: uuidv7(), productName: evil, sku: evil, quantity: 1, unitPriceMinor: 100 }
  await transport.publish(
    OrderConfirmed.create({
      id: uuidv7(),
      subject: uuidv7(),
      version: 2,
      occurredAt: new Date(),
      data: {
        orderId: uuidv7(),
        number: `1${evil}`,
        customerId: user.id,
        total: { amountMinor: 100, currency: 'EUR' },
        items: [item],
      },
    }),
  )
  await settled('SENT')
  expect(mail.received).toHaveLength(2)
  for (const { recipients, email } of mail.received) {
    expect(recipients).toEqual(['ada@example.com'])
    expect(email.to).toMatchObject([{ address: 'ada@example.com' }])
    expect(email.headers.map(({ key }) => key)).not.toContain('bcc')
    expect(email.html).not.toContain('<script')
  }
})
