import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openUsersDatabase } from '../database/open.ts'
import { currentSigningKey, rotateSigningKey } from '../database/signing-keys.ts'
import { deleteExpired } from '../housekeeping/housekeeping.ts'
import {
  anonymous,
  loginMutation,
  onDatabase,
  ownDatabase,
  password,
  runUsers,
  tokens,
} from './users-under-test.ts'

const run = promisify(execFile)
const command = new URL('../../../commands/keys/rotate-keys.ts', import.meta.url).pathname

const start = async (databaseUrl?: string) => {
  const users = await runUsers(databaseUrl === undefined ? {} : { databaseUrl })
  onTestFinished(users.stop)
  return users
}
const open = async (url: string) => {
  const database = await openUsersDatabase(url)
  onTestFinished(() => database.stop())
  return database
}
const emptyDatabase = async () => {
  const { url, stop } = await ownDatabase()
  onTestFinished(stop)
  return url
}
const signIn = async (users: Awaited<ReturnType<typeof start>>, email: string) => {
  const { data } = await users.ask(anonymous, loginMutation, { input: { email, password } })
  return tokens.parse(data?.login).accessToken
}
const kidsOf = async (url: string) => {
  const jwks = await fetch(new URL('/.well-known/jwks.json', url)).then(response => response.json())
  const { keys } = z.object({ keys: z.array(z.object({ kid: z.string() })) }).parse(jwks)
  return keys.map(({ kid }) => kid)
}
const keySet = (url: string) => createRemoteJWKSet(new URL('/.well-known/jwks.json', url))
/** Lets time pass for the keys. */
const age = (url: string, interval: string) =>
  onDatabase(url, 'update signing_keys set created_at = created_at - $1::interval', [interval])

it('rotates by command: the next key is public at once, signs a minute later, and all tokens verify', async () => {
  const databaseUrl = await emptyDatabase()
  const [users, twin] = [await start(databaseUrl), await start(databaseUrl)]
  const { email } = await users.register('Rotated')
  await age(databaseUrl, '1 hour')
  const before = await signIn(users, email)

  const { stdout } = await run(process.execPath, [command], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
  })
  const [, made = ''] = /^key (\S+) signs from \S+Z on\n$/.exec(stdout) ?? []
  const old = decodeProtectedHeader(before).kid
  expect(await kidsOf(twin.url)).toEqual([made, old])
  expect(decodeProtectedHeader(await signIn(await start(databaseUrl), email)).kid).toBe(old)
  // n.b. a verifier that has just fetched the keys fetches them again only after a pause
  const fetched = keySet(users.url)
  await jwtVerify(before, fetched)

  await age(databaseUrl, '1 minute')
  // n.b. processes that have looked the key up know it for 5 s; one that starts now looks it up itself
  const after = await signIn(await start(databaseUrl), email)
  expect(decodeProtectedHeader(after).kid).toBe(made)
  await expect.poll(async () => decodeProtectedHeader(await signIn(users, email)).kid, polling).toBe(made)
  await expect.poll(async () => decodeProtectedHeader(await signIn(twin, email)).kid, polling).toBe(made)
  for (const keys of [fetched, keySet(users.url), keySet(twin.url)]) {
    await expect(jwtVerify(before, keys)).resolves.toBeDefined()
    await expect(jwtVerify(after, keys)).resolves.toBeDefined()
  }
})

it('tells how to call the command, and what is wrong with a call', async () => {
  const help = await run(process.execPath, [command, '--help'])
  expect(help.stdout).toContain('npm run keys:rotate')
  await expect(run(process.execPath, [command, '--nonsense'])).rejects.toMatchObject({ code: 2 })
  const env = { ...process.env, DATABASE_URL: '' }
  await expect(run(process.execPath, [command], { env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('DATABASE_URL is not set'),
  })
})

it('rotates by age, once, though many ask at the same time', async () => {
  const databaseUrl = await emptyDatabase()
  const [one, two] = [await open(databaseUrl), await open(databaseUrl)]
  const first = await currentSigningKey(one)
  await age(databaseUrl, '30 days')
  const asked = await Promise.all(
    Array.from({ length: 10 }, (_, index) => currentSigningKey(index % 2 ? one : two)),
  )
  expect(new Set(asked.map(({ kid }) => kid))).toEqual(new Set([first.kid]))
  expect(await onDatabase(databaseUrl, 'select kid from signing_keys')).toHaveLength(2)
  await age(databaseUrl, '1 minute')
  expect((await currentSigningKey(one)).kid).not.toBe(first.kid)
  expect(await currentSigningKey(two)).toEqual(await currentSigningKey(one))
})

it('withdraws a key and deletes it once the last of its tokens has expired', async () => {
  const users = await start()
  const [first] = await kidsOf(users.url)
  const database = await open(users.databaseUrl)
  const { kid } = await rotateSigningKey(database)
  await age(users.databaseUrl, '14 minutes')
  expect(await kidsOf(users.url)).toEqual([kid, first])
  await age(users.databaseUrl, '1 minute')
  expect(await kidsOf(users.url)).toEqual([kid])
  await deleteExpired(database, new Date())
  expect(await onDatabase(users.databaseUrl, 'select kid from signing_keys')).toEqual([{ kid }])
})

const polling = { timeout: 60_000, interval: 200 }
