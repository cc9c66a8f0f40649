import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { DataSource } from 'typeorm'
import { createCredentialStore } from './database/credential-store.ts'
import { type Appointment, createRoleStore } from './database/role-store.ts'
import type { NewAccount } from './database/user-store.ts'
import { isRefusal } from './domain/refusals.ts'
import { parseRegistration, type Registration, register } from './domain/user.ts'
import type { Environment } from './environment.ts'
import type { Passwords } from './passwords.ts'

/** An admin's account that can't be made as asked; the message says what to change. */
export class AdminRefused extends Error {
  override readonly name = 'AdminRefused'
}

/**
 * Where ADMIN_EMAIL is set, there is an admin afterwards: where there was none, that account is promoted if
 * ADMIN_PASSWORD is its password, or opened. Throws an EnvironmentError where the password is another or a weak one.
 */
export const ensureFirstAdmin = async (
  database: DataSource,
  passwords: Passwords,
  environment: Pick<Environment, 'ADMIN_EMAIL' | 'ADMIN_PASSWORD'>,
): Promise<void> => {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = environment
  const roles = createRoleStore(database)
  if (email === undefined || (await roles.hasAdmin())) return
  if (password === undefined) throw unusable('put the password of the first admin there')
  const credential = await createCredentialStore(database).find(email)
  // n.b. anyone may have registered under the address before
  if (credential && !(await passwords.matches(credential.passwordHash, password))) {
    throw unusable(
      `ADMIN_EMAIL has an account with another password; put that one there, or run npm run admin:create -- --email ${email}, which replaces it`,
    )
  }
  const isDone = credential
    ? await roles.promoteFirst(credential)
    : await roles.insertFirst(await openFirst(passwords, email, password))
  // n.b. somebody registered, changed the password or became an admin meanwhile
  if (!isDone) await ensureFirstAdmin(database, passwords, environment)
}

/**
 * Opens an admin's account; one that its e-mail address has already is promoted, with this password in place of its
 * own, and its sessions end. Throws AdminRefused.
 */
export const appointAdmin = async (
  database: DataSource,
  passwords: Passwords,
  account: Registration,
): Promise<Appointment> => createRoleStore(database).appoint(await openAdmin(passwords, account))

const openFirst = (passwords: Passwords, email: string, password: string): Promise<NewAccount> =>
  openAdmin(passwords, { email, name: 'Admin', password }).catch((error: unknown) => {
    throw error instanceof AdminRefused ? unusable(error.message) : error
  })

const openAdmin = async (passwords: Passwords, account: Registration): Promise<NewAccount> => {
  const registration = parseRegistration(account)
  if (isRefusal(registration)) throw new AdminRefused(registration.message)
  const now = new Date()
  const origin = { userId: uuidv7(now.getTime()), eventId: uuidv7(), now }
  const passwordHash = await passwords.hash(registration.password)
  return { ...register(registration, 'ADMIN', origin), passwordHash }
}

const unusable = (advice: string) =>
  new EnvironmentError('users', [`ADMIN_PASSWORD is not usable: ${advice}`])
