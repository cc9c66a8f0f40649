import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { EmailAddress } from '@supergraph/schema/email-address.ts'
import { parseInput } from '@supergraph/subgraph/input.ts'
import type { DataSource } from 'typeorm'
import { createCredentialStore } from '../database/credential-store.ts'
import { type Appointment, createRoleStore } from '../database/role-store.ts'
import type { NewAccount } from '../database/user-store.ts'
import { isAcceptablePassword } from '../domain/password.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import { type Registration, type RegistrationInput, register, registrationInput } from '../domain/user.ts'
import type { Environment } from '../environment.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { toFailure } from '../resolvers/failures.ts'

/** An admin's account that can't be made as asked; the message says what to change. */
class AdminRefused extends ExpectedError {
  override readonly name = 'AdminRefused'
}

/**
 * Makes the first admin if ADMIN_EMAIL is set and there is none: promotes that account if ADMIN_PASSWORD is its
 * password, or opens it. Throws an EnvironmentError if the account has another password or the password is weak.
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
  const credential = await createCredentialStore(database).find(email.canonical)
  // n.b. anyone may have registered under the address before
  if (credential && !(await passwords.matches(credential.passwordHash, password))) {
    throw unusable(
      `ADMIN_EMAIL has an account with another password; put that one there, or run npm run admin:create -- --email ${email.shown}, which replaces it`,
    )
  }
  const isDone = credential
    ? await roles.promoteFirst(credential)
    : await roles.insertFirst(await openFirst(passwords, email, password))
  // n.b. not done if somebody registered, changed the password or became an admin meanwhile
  if (!isDone) await ensureFirstAdmin(database, passwords, environment)
}

/**
 * Opens an admin's account. If its e-mail address has an account already, promotes that one, replaces its password and
 * ends its sessions. Throws AdminRefused.
 */
export const appointAdmin = async (
  database: DataSource,
  passwords: Passwords,
  account: RegistrationInput,
): Promise<Appointment> => createRoleStore(database).appoint(await openAdmin(passwords, account))

const openFirst = (passwords: Passwords, email: EmailAddress, password: string): Promise<NewAccount> =>
  openAdmin(passwords, { email: email.shown, name: 'Admin', password }).catch((error: unknown) => {
    throw error instanceof AdminRefused ? unusable(error.message) : error
  })

const openAdmin = async (passwords: Passwords, account: RegistrationInput): Promise<NewAccount> => {
  const registration = checkRegistration(account)
  if (isRefusal(registration)) throw new AdminRefused(toFailure(registration).message)
  const now = new Date()
  const origin = { userId: uuidv7(now.getTime()), eventId: uuidv7(), now }
  const passwordHash = await passwords.hash(registration.password)
  const registered = register(registration, 'ADMIN', origin)
  // n.b. whoever runs the shop says whose address it is
  return { ...registered, user: { ...registered.user, emailVerified: true }, passwordHash }
}

const checkRegistration = (
  account: RegistrationInput,
): Registration | Refusal<'invalidInput' | 'weakPassword'> => {
  const registration = parseInput(registrationInput, account)
  if (isRefusal(registration)) return registration
  const { password, email, name } = registration
  return isAcceptablePassword(password, [email.canonical, email.shown, name])
    ? registration
    : { kind: 'weakPassword' }
}

const unusable = (advice: string) =>
  new EnvironmentError('users', [`ADMIN_PASSWORD is not usable: ${advice}`])
