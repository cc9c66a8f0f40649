import { createSealer, createSealingKey, sealingKeys } from '@supergraph/runtime/sealed.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserPasswordResetRequested } from '@supergraph/schema/events/users.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import { expect, it } from 'vitest'
import { userRegistered } from './events.ts'
import { createUser, linkKeys, sealer } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

const createToken = () => createSealingKey()

const requested = (
  userId: string,
  token: string,
  { livesMs = 30 * 60_000, seal = sealer.seal, owner = userId } = {},
) =>
  UserPasswordResetRequested.create({
    id: uuidv7(),
    subject: uuidv7(),
    version: 1,
    occurredAt: new Date(),
    data: {
      userId,
      sealedToken: seal(token, tokenBoundTo('password-reset', owner)),
      expiresAt: new Date(Date.now() + livesMs).toISOString(),
    },
  })

/** A shop with one customer, who has had the welcome. */
const createShop = async (variables: Readonly<Record<string, string>> = {}) => {
  const office = await createPostOffice()
  const { transport } = await office.startReplica(variables)
  const user = createUser()
  await transport.publish(userRegistered(user.id, { email: 'ada@example.com', occurredAt: new Date() }))
  await office.settled('SENT')
  const emails = async () => (await office.emails()).slice(1)
  const texts = async () => JSON.stringify((await office.sql.query('select * from emails')).rows)
  return { ...office, transport, user, emails, texts }
}

it('sends the link to whoever asked, also with e-mail switched off, and keeps the token sealed', async () => {
  const { transport, user, sql, mail, settled, texts } = await createShop()
  await sql.query(`insert into preferences (user_id, channel, enabled) values ($1, 'EMAIL', false)`, [
    user.id,
  ])
  const token = createToken()
  const event = requested(user.id, token)
  await transport.publish(event)
  await settled('SENT')
  expect(mail.received).toHaveLength(2)
  const { email } = mail.received[1] ?? {}
  expect(email).toMatchObject({ subject: 'Choose a new password', to: [{ address: 'ada@example.com' }] })
  for (const body of [email?.text, email?.html])
    expect(body).toContain(`https://shop.example/eu/reset-password#token=${token}`)
  expect(await texts()).toContain(event.data.sealedToken)
  expect(await texts()).not.toContain(token)
})

it('does not send it once it has expired, be it before the first attempt or between two', async () => {
  const { transport, user, mail, emails, settled } = await createShop()
  await transport.publish(requested(user.id, createToken(), { livesMs: -1 }))
  await settled('SENT', 'SKIPPED')
  expect(await emails()).toMatchObject([{ state: 'SKIPPED', attempts: 0 }])
  mail.failWith({ at: 'RCPT', code: 450 })
  // n.b. the first attempt is repeated after 10 s
  await transport.publish(requested(user.id, createToken(), { livesMs: 9_000 }))
  await settled('SENT', 'SKIPPED', 'FAILED')
  expect((await emails())[1]).toMatchObject({ state: 'FAILED', attempts: 1 })
  expect(mail.received).toHaveLength(1)
})

it('does not keep the token that a mail server quotes when it refuses the link', async () => {
  const { transport, user, mail, emails, settled, texts } = await createShop()
  const token = createToken()
  mail.failWith({ at: 'DATA', code: 554, message: `spam: https://shop.example/#token=${token} is listed` })
  await transport.publish(requested(user.id, token))
  await settled('SENT', 'FAILED')
  expect((await emails())[0]?.last_error).toContain('#token=hidden is listed')
  expect(await texts()).not.toContain(token)
})

it('sends what an older key has sealed, and nothing that was sealed for another user or by somebody else', async () => {
  const newer = createSealingKey()
  const { transport, user, mail, emails } = await createShop({ LINK_KEYS: `${newer},${linkKeys}` })
  const strange = createSealer(sealingKeys.parse(createSealingKey()))
  await transport.publish(requested(user.id, createToken(), { owner: createUser().id }))
  await transport.publish(requested(user.id, createToken(), { seal: strange.seal }))
  const token = createToken()
  await transport.publish(requested(user.id, token))
  await expect.poll(() => mail.received).toHaveLength(2)
  expect(mail.received[1]?.email.text).toContain(token)
  await expect
    .poll(async () => (await emails()).filter(({ last_error }) => last_error !== null))
    .toHaveLength(2)
  for (const { state, last_error } of (await emails()).slice(0, 2))
    expect({ state, last_error }).toEqual({
      state: 'PENDING',
      last_error: 'a sealed text can not be opened with any of the keys',
    })
})
