import { expect, it, onTestFinished } from 'vitest'
import { createAccessTokens } from '../access-tokens.ts'
import { createAttemptStore } from '../database/attempt-store.ts'
import { createCredentialStore } from '../database/credential-store.ts'
import { openUsersDatabase } from '../database/open.ts'
import { createSessionStore } from '../database/session-store.ts'
import { createUserStore } from '../database/user-store.ts'
import { createPasswords } from '../passwords.ts'
import { createSessions } from '../sessions.ts'
import { ownDatabase, password } from './running-users.ts'

it('spends no hash on the registration of a taken address', async () => {
  const { url, stop } = await ownDatabase()
  onTestFinished(stop)
  const database = await openUsersDatabase(url)
  onTestFinished(() => database.destroy())
  const passwords = createPasswords()
  const hashed: string[] = []
  const sessions = createSessions({
    users: createUserStore(database),
    credentials: createCredentialStore(database),
    attempts: createAttemptStore(database),
    store: createSessionStore(database, await createAccessTokens(database)),
    passwords: {
      ...passwords,
      hash: text => {
        hashed.push(text)
        return passwords.hash(text)
      },
    },
  })
  const input = { email: 'taken@people.example', password, name: 'Taken' }
  expect(await sessions.register(input)).toMatchObject({ user: { email: input.email } })
  expect(await sessions.register(input)).toMatchObject({ __typename: 'EmailTaken' })
  expect(hashed).toHaveLength(1)
})
