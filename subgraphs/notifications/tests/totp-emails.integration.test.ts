import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserTotpChanged } from '@supergraph/schema/events/users.ts'
import { expect, it } from 'vitest'
import { userUpdated } from './events.ts'
import { createUser } from './notifications-under-test.ts'
import { createPostOffice } from './post-office.ts'

it('tells each change of a second factor once, also to those who want no e-mail', async () => {
  const { startReplica, mail, settled, sql } = await createPostOffice()
  const { transport } = await startReplica()
  const { id: userId } = createUser()
  await sql.query(`insert into preferences values ($1, 'EMAIL', false)`, [userId])
  await transport.publish(userUpdated(userId, 2, { name: 'Ada', email: 'ada@example.com', locale: 'de' }))
  const changes = ['enabled', 'recovery-code-used', 'recovery-codes-renewed', 'disabled'] as const
  for (const change of changes) {
    const id = uuidv7()
    const event = UserTotpChanged.create({
      id,
      subject: id,
      version: 1,
      occurredAt: new Date(),
      data: { userId, change, recoveryCodesLeft: 9 },
    })
    await transport.publish(event)
    await transport.publish(event)
  }
  await settled('SENT')
  expect(mail.received.map(({ email }) => email.subject).toSorted()).toEqual([
    'Die Anmeldung fragt jetzt nach einem Code',
    'Die Anmeldung fragt nicht mehr nach einem Code',
    'Ein Wiederherstellungscode wurde verwendet',
    'Sie haben neue Wiederherstellungscodes',
  ])
})
