import { expect, it, onTestFinished } from 'vitest'
import { createAttemptStore } from '../database/attempt-store.ts'
import { createCredentialStore } from '../database/credential-store.ts'
import { openUsersDatabase } from '../database/open.ts'
import { createSessionStore } from '../database/session-store.ts'
import { createUserStore } from '../database/user-store.ts'
import { createPasswords } from '../passwords/passwords.ts'
import { createAccessTokens } from '../sessions/access-tokens.ts'
import { createSessions } from '../sessions/sessions.ts'
import { ownDatabase, password } from './users-under-test.ts'

it('spends no hash on the registration of a taken address', async () => {
  const { url, stop } = await ownDatabase()
  onTestFinished(stop)
  const database = await openUsersDatabase(url)
  onTestFinished(() => database.stop())
  const passwords = createPasswords()
  const hashed: string[] = []
  const sessions = createSessions({
    users: createUserStore(database),
    credentials: createCredentialStore(database),
    attempts: createAttemptStore(database),
    store: createSessionStore(database, (await createAccessTokens(database)).issuer),
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
  expect(await sessions.register(input)).toMatchObject({ kind: 'emailTaken' })
  expect(hashed).toHaveLength(1)
})
