import { CreateMessaging1700000000000 } from '@supergraph/messaging/migration.ts'
import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { UserUpdated } from '@supergraph/schema/events/users.ts'
import { afterAll, expect, it } from 'vitest'
import { CreateUsers1760000000000 } from '../database/migrations/1760000000000-create-users.ts'
import { openUsersDatabase } from '../database/open.ts'
import { eventsOf } from './users-under-test.ts'

const database = await createTestDatabase()
afterAll(database.drop)

it('publishes accounts that are older than user.updated, once', async () => {
  const migrations = [CreateMessaging1700000000000, CreateUsers1760000000000]
  const old = await openDatabase({ service: 'users', url: database.url, tables: [], migrations })
  const people = ['ada', 'grace'].map(name => ({ id: uuidv7(), name, email: `${name}@example.com` }))
  for (const { id, name, email } of people)
    await old.query(
      `insert into users (id, email, name, role, created_at) values ($1, $2, $3, 'CUSTOMER', now())`,
      [id, email, name],
    )
  await old.destroy()

  for (let start = 0; start < 2; start += 1) await (await openUsersDatabase(database.url)).destroy()
  const events = await eventsOf(database.url, UserUpdated)
  const told = events.map(({ version, data: { userId: id, name, email } }) => ({ version, id, name, email }))
  expect(told.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
    people.map(person => ({ ...person, version: 2 })),
  )
})
