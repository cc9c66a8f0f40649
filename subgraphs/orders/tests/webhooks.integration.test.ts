import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { openOrdersDatabase } from '../database/open.ts'
import { claimWebhookEvents, pruneWebhookEvents } from '../database/webhook-events.ts'
import { customer, type OrdersUnderTest, startOrdersUnderTest } from './orders-under-test.ts'
import { placed } from './placing.ts'

const secrets = ['whsec_old', 'whsec_new'] as const
const orders: OrdersUnderTest = await startOrdersUnderTest({ STRIPE_WEBHOOK_SECRETS: secrets.join(', ') })
const { payments } = orders
const endpoint = new URL('/webhooks/stripe', orders.url)
const database = await openOrdersDatabase(orders.databaseUrl)
afterAll(() => database.destroy())

const now = () => Math.floor(Date.now() / 1_000)
const hex = (secret: string, time: number | string, body: string) =>
  createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
const sign = (body: string, secret: string = secrets[1], time = now()) =>
  `t=${time},v1=${hex(secret, time, body)}`
const bodyOf = (type: string, object: object, { id = `evt_${uuidv7()}`, created = now() } = {}) =>
  JSON.stringify({ id, object: 'event', type, created, data: { object }, livemode: false })
const intent = (orderId: string) => ({
  object: 'payment_intent',
  id: `pi_${orderId}`,
  client_secret: 'pi_secret',
  metadata: { order_id: orderId },
})
const send = (body: string, signature: string | null = sign(body)) =>
  fetch(endpoint, {
    method: 'POST',
    body,
    headers: signature === null ? {} : { 'stripe-signature': signature },
  })
const stored = (id: string) =>
  orders.sql<{ type: string; topic: string | null; done: boolean }>(
    'select type, topic, handled_at is not null as done from webhook_events where id = $1',
    [id],
  )
const handled = (id: string) =>
  expect.poll(async () => (await stored(id)).map(({ done }) => done), { interval: 20 }).toEqual([true])

/** Sends the head of an event and no byte of its body. */
const sendHead = async ({ hostname, port, pathname }: URL) => {
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: shop\r\nstripe-signature: t=1,v1=00\r\ncontent-length: 100\r\n\r\n`,
  )
  const answer = once(socket, 'data').then(([data]) => {
    socket.destroy()
    return String(data)
  })
  return { answer }
}

const waiting = async () => {
  const productId = orders.products.add({ sku: 'MUG', priceMinor: 1_200, available: 1 })
  const owner = customer()
  const { id } = await placed(orders, owner, [{ productId, quantity: 1 }], {
    paymentMethod: 'pm_card_authenticationRequired',
  })
  return id
}
const statusOf = async (id: string) =>
  (await orders.sql<{ status: string }>('select status from orders where id = $1', [id]))[0]?.status

describe('an event that nobody has signed who may', () => {
  const body = bodyOf('payment_intent.succeeded', intent(uuidv7()))
  const other = bodyOf('payment_intent.succeeded', intent(uuidv7()))
  const time = now()
  const good = hex(secrets[1], time, body)
  const forged: readonly (readonly [string, string | null])[] = [
    ['without a signature', null],
    ['an empty one', ''],
    ['with another secret', sign(body, 'whsec_other')],
    ['with no secret', sign(body, '')],
    ['with the name of the secret alone', sign(body, 'old')],
    ['of another endpoint and another time', sign(body, 'whsec_other', time - 10)],
    ['of another body', sign(other)],
    ['replayed after five minutes', sign(body, secrets[1], time - 301)],
    ['of last year', sign(body, secrets[0], time - 31_536_000)],
    ['with a fresh time over an old signature', `t=${time},v1=${hex(secrets[1], time - 301, body)}`],
    ['without a time', `v1=${good}`],
    ['with a time that is none', `t=now,v1=${hex(secrets[1], 'now', body)}`],
    ['of an older scheme', `t=${time},v0=${good}`],
    ['cut off', `t=${time},v1=${good.slice(0, -1)}`],
    ['longer', `t=${time},v1=${good}0`],
    [
      'of the body without its time',
      `t=${time},v1=${createHmac('sha256', secrets[1]).update(body).digest('hex')}`,
    ],
    ['the time and the signature the wrong way round', `t=${good},v1=${time}`],
    ['many, of which none is right', `t=${time},${Array.from({ length: 20 }, () => 'v1=00').join(',')}`],
  ]

  it.each(forged)('is refused with 400, and leaves nothing: signed %s', async (_how, signature) => {
    const response = await send(body, signature)
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'No secret of this endpoint has signed this within five minutes.' },
    ])
    expect(await orders.sql('select from webhook_events')).toEqual([])
    expect(payments.calls('look')).toBe(0)
  })

  it('is refused if a byte of it was changed, added or written differently', async () => {
    const changed = [
      body.replace('succeeded', 'canceled_'),
      `${body} `,
      JSON.stringify(JSON.parse(body), null, 1),
      '',
    ]
    for (const text of changed) expect((await send(text, sign(body))).status).toBe(400)
    expect(await orders.sql('select from webhook_events')).toEqual([])
  })

  it('is refused if it is signed and no event', async () => {
    for (const text of [
      '{}',
      '[]',
      'null',
      'no JSON',
      '{"id":"\\u0000","type":"x","created":1,"data":{"object":{}}}',
      '{"id":"evt_thin","object":"v2.core.event","type":"v1.charge.refunded","created":"2026-01-01T00:00:00Z"}',
    ]) {
      const response = await send(text)
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('thin events')])
    }
  })

  it('keeps nobody out by arriving slowly, and is given up', async () => {
    const strangers = await Promise.all(Array.from({ length: 8 }, () => sendHead(endpoint)))
    const startedAtMs = performance.now()
    expect((await send(bodyOf('invoice.paid', {}, { id: 'evt_beside' }))).status).toBe(200)
    expect(performance.now() - startedAtMs).toBeLessThan(3_000)
    for (const { answer } of strangers) expect(await answer).toContain('408')
    await orders.sql(`delete from webhook_events where id = 'evt_beside'`)
  })

  it('can not be larger than 256 KiB, nor come by another method; and no other path is open', async () => {
    const large = 'x'.repeat(256 * 1024 + 1)
    expect((await send(large)).status).toBe(413)
    expect((await fetch(endpoint)).status).toBe(405)
    expect((await fetch(orders.url, { method: 'POST', body: '{}' })).status).toBe(401)
    expect((await fetch(new URL('/webhooks', orders.url), { method: 'POST' })).status).toBe(404)
  })
})

describe('an event of the payment provider', () => {
  it('is taken with each of the secrets, and stored once however often it comes', async () => {
    const body = bodyOf('payment_intent.created', intent(uuidv7()), { id: 'evt_once' })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => send(body, sign(body, secrets[index % 2]))),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await stored('evt_once')).toHaveLength(1)
  })

  it('lets an order go on that its customer has approved', async () => {
    const id = await waiting()
    payments.approve(id)
    expect((await send(bodyOf('payment_intent.amount_capturable_updated', intent(id)))).status).toBe(200)
    await expect.poll(() => statusOf(id), { interval: 20 }).toBe('CONFIRMED')
  })

  it('is a hint: whatever it says, the provider is asked', async () => {
    const id = await waiting()
    const asked = payments.calls('look')
    for (const type of ['succeeded', 'canceled', 'payment_failed', 'amount_capturable_updated'])
      await send(bodyOf(`payment_intent.${type}`, intent(id), { id: `evt_${type}` }))
    await handled('evt_amount_capturable_updated')
    await expect.poll(() => payments.calls('look')).toBeGreaterThan(asked)
    expect(await statusOf(id)).toBe('PENDING')
    payments.refuse(id)
    await send(bodyOf('payment_intent.succeeded', intent(id)))
    await expect.poll(() => statusOf(id), { interval: 20 }).toBe('REJECTED')
  })

  it('may come weeks late, in any order and for what is over, and changes nothing', async () => {
    const id = await waiting()
    payments.approve(id)
    await send(bodyOf('payment_intent.succeeded', intent(id)))
    await expect.poll(() => statusOf(id), { interval: 20 }).toBe('CONFIRMED')
    const [before] = await orders.sql('select * from orders where id = $1', [id])
    for (const type of ['canceled', 'processing', 'payment_failed', 'amount_capturable_updated']) {
      const late = { id: `evt_late_${type}`, created: now() - 30 * 86_400 }
      await send(bodyOf(`payment_intent.${type}`, intent(id), late))
      await handled(late.id)
    }
    expect(await orders.sql('select * from orders where id = $1', [id])).toEqual([before])
  })

  it('is ignored if nothing follows from it, or if it is of a payment that no order has made', async () => {
    const strange = [
      ['evt_unknown', bodyOf('invoice.paid', { object: 'invoice', id: 'in_1' }, { id: 'evt_unknown' })],
      ['evt_foreign', bodyOf('payment_intent.succeeded', intent(uuidv7()), { id: 'evt_foreign' })],
      ['evt_bare', bodyOf('payment_intent.succeeded', {}, { id: 'evt_bare' })],
    ] as const
    for (const [id, body] of strange) {
      expect((await send(body)).status).toBe(200)
      await handled(id)
    }
    expect(await stored('evt_unknown')).toEqual([{ type: 'invoice.paid', topic: null, done: true }])
  })

  it('leaves no secret behind, and is forgotten after a month', async () => {
    const rows = await orders.sql<{ text: string }>('select webhook_events::text as text from webhook_events')
    expect(rows.length).toBeGreaterThan(0)
    for (const { text } of rows) expect(text).not.toContain('secret')
    await orders.sql(
      `update webhook_events set received_at = now() - interval '31 days' where id = 'evt_unknown'`,
    )
    await orders.sql(`insert into webhook_events (id, type, topic, created_at, received_at, due_at)
      values ('evt_open', 'x', 'PAYMENT', now(), now() - interval '31 days', now() + interval '1 hour')`)
    expect(await pruneWebhookEvents(database)).toBe(1)
    expect([await stored('evt_unknown'), await stored('evt_open')]).toMatchObject([[], [{ done: false }]])
  })

  it('is tried for 14 days, less and less often, while it cannot be handled', async () => {
    const runner = database.createQueryRunner()
    await runner.startTransaction()
    try {
      const tried = async (tries: number, age: string) => {
        const id = `evt_${uuidv7()}`
        await runner.query(
          `insert into webhook_events (id, type, topic, created_at, received_at, tries)
           values ($1, 'x', 'DISPUTES', now(), now() - $2::interval, $3)`,
          [id, age, tries],
        )
        expect((await claimWebhookEvents(runner.manager, 1)).map(({ eventId }) => eventId)).toEqual([id])
        const [row] = await runner.query(
          `select extract(epoch from due_at - now())::int as pause, handled_at is not null as done
           from webhook_events where id = $1`,
          [id],
        )
        return row
      }
      expect(await tried(0, '0 s')).toEqual({ pause: 2, done: false })
      expect(await tried(3, '20 s')).toEqual({ pause: 16, done: false })
      expect(await tried(1_300, '335 hours')).toEqual({ pause: 900, done: false })
      expect(await tried(1_300, '337 hours')).toMatchObject({ done: true })
    } finally {
      await runner.rollbackTransaction()
      await runner.release()
    }
  })

  it('comes with hundreds of others at once, and each is answered: stored, or to be sent again', async () => {
    const id = await waiting()
    payments.approve(id)
    const bodies = Array.from({ length: 400 }, () => bodyOf('payment_intent.succeeded', intent(id)))
    const statuses = await Promise.all(bodies.map(async body => (await send(body)).status))
    expect(new Set([...statuses, 200, 503])).toEqual(new Set([200, 503]))
    await expect.poll(() => statusOf(id), { interval: 20 }).toBe('CONFIRMED')
    await expect
      .poll(
        () => orders.sql('select from webhook_events where handled_at is null and id <> $1', ['evt_open']),
        {
          interval: 50,
        },
      )
      .toEqual([])
  })
})
