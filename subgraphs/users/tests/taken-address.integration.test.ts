import { createThrottle } from '@supergraph/postgres/throttle/throttle.ts'
import { expect, it, onTestFinished } from 'vitest'
import { createCredentialStore } from '../database/credential-store.ts'
import { createFamiliarNetworks } from '../database/familiar-networks.ts'
import { createSendLink } from '../database/links.ts'
import { openUsersDatabase } from '../database/open.ts'
import { createSessionStore } from '../database/session-store.ts'
import { createUserStore } from '../database/user-store.ts'
import { createPasswords } from '../passwords/passwords.ts'
import { createAccessTokens } from '../sessions/access-tokens.ts'
import { createLoginThrottle } from '../sessions/login-throttle.ts'
import { createSessions } from '../sessions/sessions.ts'
import { ownDatabase, password, sealer, testEnvironment } from './users-under-test.ts'

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
    throttle: createLoginThrottle(
      createThrottle(database),
      createFamiliarNetworks(database),
      testEnvironment(url),
    ),
    store: createSessionStore(
      database,
      (await createAccessTokens(database, { isStaffTotpRequired: false })).issuer,
      createSendLink(sealer),
    ),
    passwords: {
      ...passwords,
      hash: text => {
        hashed.push(text)
        return passwords.hash(text)
      },
    },
  })
  const email = { shown: 'taken@people.example', canonical: 'taken@people.example' }
  const input = { email, password, name: 'Taken' }
  expect(await sessions.register(input, {})).toMatchObject({ user: { email: email.canonical } })
  expect(await sessions.register(input, {})).toMatchObject({ kind: 'emailTaken' })
  expect(hashed).toHaveLength(1)
})
