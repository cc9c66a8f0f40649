import { execFile } from 'node:child_process'
import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import { emailAddress } from '@supergraph/schema/email-address.ts'
import { SessionEnded, UserRegistered } from '@supergraph/schema/events/users.ts'
import { expect, it, onTestFinished } from 'vitest'
import { quickStart } from '../../../testbed/run-program.ts'
import { ensureFirstAdmin } from '../admins/first-admin.ts'
import { openUsersDatabase } from '../database/open.ts'
import { createPasswords, type Passwords } from '../passwords/passwords.ts'
import {
  anonymous,
  eventsOf,
  loginMutation,
  onDatabase,
  ownDatabase,
  password,
  runUsers,
  testEnvironment,
} from './users-under-test.ts'

const command = new URL('../../../commands/accounts/create-admin.ts', import.meta.url).pathname
const secret = 'a horse for the admin'
const first = { ADMIN_EMAIL: 'Root@People.example', ADMIN_PASSWORD: secret }

const emptyDatabase = async () => {
  const { url, stop } = await ownDatabase()
  onTestFinished(stop)
  return url
}
const start = async (databaseUrl: string, variables: Readonly<Record<string, string>> = {}) => {
  const users = await runUsers({ databaseUrl, variables })
  onTestFinished(users.stop)
  return users
}
const adminsOf = (url: string) => onDatabase(url, `select email from users where role = 'ADMIN'`)
const canSignIn = async (users: Awaited<ReturnType<typeof start>>, email: string, secret: string) => {
  const { text } = await users.ask(anonymous, loginMutation, { input: { email, password: secret } })
  return text.includes('"Session"')
}
/** Makes sure of a first admin, as a start does. */
const ensure = async (databaseUrl: string, passwords: Passwords, secret: string) => {
  const database = await openUsersDatabase(databaseUrl)
  onTestFinished(() => database.stop())
  const settings = { ADMIN_EMAIL: emailAddress.parse('root@people.example'), ADMIN_PASSWORD: secret }
  return ensureFirstAdmin(database, passwords, settings)
}
/** Runs the command with this standard input. */
const createAdmin = (databaseUrl: string, parameters: readonly string[], input = '', password = '') =>
  new Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }>(resolve => {
    const env = { ...process.env, DATABASE_URL: databaseUrl, ADMIN_PASSWORD: password }
    const child = execFile(
      process.execPath,
      [...quickStart, command, ...parameters],
      { env },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
    child.stdin?.end(input)
  })

it('opens the account of the first admin once, though two processes start at once and again', async () => {
  const url = await emptyDatabase()
  const [users] = await Promise.all([start(url, first), start(url, first)])
  await start(url, first)
  expect(await adminsOf(url)).toEqual([{ email: 'root@people.example' }])
  expect(await canSignIn(users, 'root@people.example', secret)).toBe(true)
  expect(await eventsOf(url, UserRegistered)).toHaveLength(1)
})

it('promotes an account whose password it has, and ends its sessions', async () => {
  const url = await emptyDatabase()
  const { id } = await (await start(url)).register('Root')
  await start(url, { ...first, ADMIN_PASSWORD: password })
  expect(await adminsOf(url)).toEqual([{ email: 'root@people.example' }])
  expect(await eventsOf(url, SessionEnded)).toMatchObject([
    { data: { userId: id, sessionId: null, reason: 'role-changed' } },
  ])
})

it('does not promote an account that somebody else has registered under the address', async () => {
  const url = await emptyDatabase()
  await (await start(url)).register('Root')
  await expect(runUsers({ databaseUrl: url, variables: first })).rejects.toThrow(
    /ADMIN_PASSWORD is not usable: .* npm run admin:create -- --email root@people.example/,
  )
  expect(await adminsOf(url)).toEqual([])
  await start(url, { ...first, ADMIN_PASSWORD: password })
  expect(await adminsOf(url)).toHaveLength(1)
})

it('refuses an address that can take an account back, instead of trying for 7 days', async () => {
  const url = await emptyDatabase()
  const { id } = await (await start(url)).register('Moved')
  const reserve = `insert into email_change_undos (hash, user_id, email, expires_at)
    values (repeat('h', 43), $1, 'root@people.example', now() + interval '1 day')`
  await onDatabase(url, reserve, [id])
  const refusal = /root@people.example was the address of an account/
  await expect(runUsers({ databaseUrl: url, variables: first })).rejects.toThrow(refusal)
  expect((await createAdmin(url, ['--email', 'root@people.example'], '', secret)).stderr).toMatch(refusal)
})

it('leaves everything as it is if there is an admin', async () => {
  const url = await emptyDatabase()
  await start(url, first)
  await start(url, { ADMIN_EMAIL: 'second@people.example', ADMIN_PASSWORD: secret })
  expect(await adminsOf(url)).toEqual([{ email: 'root@people.example' }])
})

it('has no admin and no default password unless the settings name them, and refuses weak passwords', async () => {
  const url = await emptyDatabase()
  await start(url)
  expect(await adminsOf(url)).toEqual([])
  expect(() => testEnvironment(url, { ADMIN_EMAIL: first.ADMIN_EMAIL })).toThrow(/ADMIN_PASSWORD is not set/)
  expect(() => testEnvironment(url, { ...first, ADMIN_PASSWORD: 'password123' })).toThrow(EnvironmentError)
  expect(() => testEnvironment(url, { ...first, ADMIN_EMAIL: 'root' })).toThrow(/ADMIN_EMAIL is not usable/)
})

it('opens an admin account by command, with a password from standard input or the environment', async () => {
  const url = await emptyDatabase()
  const users = await start(url)
  const read = await createAdmin(url, ['--email', 'Read@People.example', '--name', 'Reader'], `${secret}\n`)
  expect(read).toMatchObject({ code: 0, stdout: "read@people.example has an admin's account now\n" })
  expect((await createAdmin(url, ['--email', 'set@people.example'], '', secret)).code).toBe(0)
  for (const email of ['read@people.example', 'set@people.example']) {
    expect(await canSignIn(users, email, secret)).toBe(true)
  }
  expect(await adminsOf(url)).toHaveLength(2)
})

it('promotes by command, with a password that replaces the password of whoever registered', async () => {
  const url = await emptyDatabase()
  const users = await start(url)
  const { email, id } = await users.register('Raised')
  expect(await createAdmin(url, ['--email', email])).toMatchObject({ code: 1 })
  expect(await adminsOf(url)).toEqual([])
  expect((await createAdmin(url, ['--email', email], '', secret)).stdout).toContain('is an admin now')
  expect(await adminsOf(url)).toEqual([{ email }])
  expect(await canSignIn(users, email, password)).toBe(false)
  expect(await canSignIn(users, email, secret)).toBe(true)
  expect((await createAdmin(url, ['--email', email], '', password)).stdout).toContain('was an admin already')
  expect(await canSignIn(users, email, secret)).toBe(false)
  expect(await eventsOf(url, SessionEnded)).toMatchObject([
    { data: { userId: id, sessionId: null, reason: 'role-changed' } },
    { data: { userId: id, sessionId: null, reason: 'password-changed' } },
  ])
  expect(await onDatabase(url, 'select id from sessions where ended_at is null')).toEqual([])
})

it('promotes no account whose password changes between the check and the promotion', async () => {
  const url = await emptyDatabase()
  const users = await start(url)
  const { id } = await users.register('Root')
  const passwords = createPasswords()
  const matches: Passwords['matches'] = async (hashed, text) => {
    const isRight = await passwords.matches(hashed, text)
    const sql = 'update credentials set password_hash = $2 where user_id = $1'
    await onDatabase(url, sql, [id, await passwords.hash('a password of a thief')])
    return isRight
  }
  await expect(ensure(url, { ...passwords, matches }, password)).rejects.toThrow(EnvironmentError)
  expect(await adminsOf(url)).toEqual([])
})

it.each([
  ['promotes it if the password is its own', password, 1],
  ['refuses to start if the password is another one', secret, 0],
])('checks an account that is registered while the first admin is opened: %s', async (_, given, admins) => {
  const url = await emptyDatabase()
  const users = await start(url)
  const passwords = createPasswords()
  const hash: Passwords['hash'] = async text => {
    await users.register('Root')
    return passwords.hash(text)
  }
  const ensured = ensure(url, { ...passwords, hash }, given)
  if (admins === 0) await expect(ensured).rejects.toThrow(/admin:create/)
  else await ensured
  expect(await adminsOf(url)).toHaveLength(admins)
})

it('tells how to call the command, and what is wrong with a call', async () => {
  const url = await emptyDatabase()
  expect((await createAdmin(url, ['--help'])).stdout).toContain('npm run admin:create')
  expect(await createAdmin(url, [])).toMatchObject({ code: 2, stderr: expect.stringContaining('--email') })
  for (const weak of ['', 'password123\n']) {
    const refused = await createAdmin(url, ['--email', 'weak@people.example'], weak)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('10 to 200 characters') })
  }
  expect(await adminsOf(url)).toEqual([])
})
