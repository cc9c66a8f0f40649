import { openDatabase } from '@supergraph/postgres/data-source.ts'
import { UserRegistered } from '@supergraph/schema/events/users.ts'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { CreateUsers1760000000000 } from '../database/migrations/1760000000000-create-users.ts'
import { currentSigningKey, signingKeys } from '../database/signing-keys.ts'
import { tables } from '../database/tables.ts'
import {
  anonymous,
  loginMutation,
  ownDatabase,
  password,
  registerMutation,
  runUsers,
} from './users-under-test.ts'

let users: Awaited<ReturnType<typeof runUsers>>
beforeAll(async () => {
  users = await runUsers()
})
afterAll(() => users.stop())

const register = (input: object) => users.ask(anonymous, registerMutation, { input })
const login = (input: object) => users.ask(anonymous, loginMutation, { input })
const session = z.object({ accessToken: z.string(), expiresAt: z.coerce.date().optional() })
const accessTokenOf = (result: unknown) => session.parse(result).accessToken

const verify = async (url: string, token: string) => {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url))
  const claims = { issuer: 'commerce-supergraph', audience: 'commerce-supergraph', algorithms: ['ES256'] }
  return jwtVerify(token, keys, claims)
}

describe('register', () => {
  it('opens a customer account under the normalised e-mail address and shows it to whoever opened it', async () => {
    const { data } = await register({ email: '  Mary@Example.COM ', password, name: ' Mary  Shelley ' })
    expect(data?.register).toMatchObject({
      __typename: 'Session',
      user: { name: 'Mary  Shelley', email: 'mary@example.com', role: 'CUSTOMER', addresses: [] },
    })
  })

  it('refuses an address that has an account, however it is written', async () => {
    await users.register('Emmy')
    const { data } = await register({ email: 'EMMY@people.example', password, name: 'Emmy' })
    expect(data?.register).toMatchObject({ __typename: 'EmailTaken' })
  })

  it('gives one address to exactly one of two that ask at once', async () => {
    const input = { email: 'race@example.com', password, name: 'Race' }
    const answers = await Promise.all([register(input), register(input)])
    const kinds = answers.map(
      ({ data }) => z.object({ __typename: z.string() }).parse(data?.register).__typename,
    )
    expect(kinds.sort()).toEqual(['EmailTaken', 'Session'])
  })

  it.each([
    ['123456789'],
    ['x'.repeat(201)],
    [''],
    ['Password123'],
    ['Weak@example.com'],
    ['weak of weaknesses'],
  ])('refuses the weak password %j', async weak => {
    const { data } = await register({ email: 'weak@example.com', password: weak, name: 'Weak of Weaknesses' })
    expect(data?.register).toMatchObject({ __typename: 'WeakPassword' })
  })

  it.each([
    ['email', { email: 'nobody', password, name: 'A' }],
    ['email', { email: `${'a'.repeat(250)}@example.com`, password, name: 'A' }],
    ['email', { email: 'a\u0000@example.com', password, name: 'A' }],
    ['name', { email: 'a@example.com', password, name: '   ' }],
    ['name', { email: 'a@example.com', password, name: 'a'.repeat(101) }],
    ['name', { email: 'a@example.com', password, name: 'a\u0000b' }],
    ['name', { email: 'a@example.com', password, name: 'a\ud800b' }],
  ])('names the field %s where its value can not be accepted', async (field, input) => {
    const { data, errors } = await register(input)
    expect(errors).toBeUndefined()
    expect(data?.register).toMatchObject({ __typename: 'InvalidInput', field })
  })

  it('publishes user.registered with the e-mail address', async () => {
    const events: unknown[] = []
    const consumer = await users.transport.consume({
      queue: 'test.on-user-registered',
      types: [UserRegistered.type],
      prefetch: 1,
      deliver: async envelope => {
        events.push(UserRegistered.parse(envelope))
        return { kind: 'ack' }
      },
    })
    onTestFinished(consumer.stop)
    const { id, email } = await users.register('Hedy')
    await vi.waitFor(() =>
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'user.registered',
          subject: id,
          version: 1,
          data: { userId: id, name: 'Hedy', email, locale: 'en' },
        }),
      ),
    )
  })

  it('never shows a password or its hash', async () => {
    const opened = await register({ email: 'secret@example.com', password, name: 'Secret' })
    const known = await login({ email: 'secret@example.com', password })
    const wrong = await login({ email: 'secret@example.com', password: `${password}!` })
    for (const { text } of [opened, known, wrong]) {
      expect(text).not.toContain(password)
      expect(text).not.toContain('argon2')
    }
  })
})

describe('login', () => {
  it('signs in with the right password, however the e-mail address is written', async () => {
    const { id, email } = await users.register('Lise')
    const { data } = await login({ email: ` ${email.toUpperCase()}`, password })
    expect(data?.login).toMatchObject({ __typename: 'Session', user: { id, email } })
  })

  it('takes a password in any Unicode form', async () => {
    const input = { email: 'unicode@example.com', name: 'U' }
    await register({ ...input, password: 'pässwörd-ñandú'.normalize('NFD') })
    const { data } = await login({ email: input.email, password: 'pässwörd-ñandú'.normalize('NFC') })
    expect(data?.login).toMatchObject({ __typename: 'Session' })
  })

  it('answers a wrong password, an unknown address and nonsense alike', async () => {
    const { email } = await users.register('Rosalind')
    const answers = await Promise.all([
      login({ email, password: `${password}?` }),
      login({ email, password: '' }),
      login({ email, password: 'x'.repeat(10_000) }),
      login({ email: 'unknown@example.com', password }),
      login({ email: 'no address \u0000', password }),
      login({ email: '', password: '' }),
    ])
    const [first, ...others] = answers.map(({ text }) => text)
    expect(first).toContain('InvalidCredentials')
    for (const text of others) expect(text).toBe(first)
  })
})

describe('access tokens', () => {
  it('verify against the JWKS, which holds only public keys, and name their user for 10 minutes', async () => {
    const { data } = await register({ email: 'token@example.com', password, name: 'Token' })
    const { accessToken, expiresAt } = session.parse(data?.register)
    const { payload, protectedHeader } = await verify(users.url, accessToken)
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) })
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/)
    expect(payload).toMatchObject({ role: 'CUSTOMER', scope: '', jti: uuid, sub: uuid, sid: uuid })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600)
    expect(expiresAt?.getTime()).toBe((payload.exp ?? 0) * 1_000)

    const jwks = await fetch(new URL('/.well-known/jwks.json', users.url)).then(response => response.json())
    const { keys } = z.object({ keys: z.array(z.looseObject({})) }).parse(jwks)
    expect(keys).toHaveLength(1)
    expect(Object.keys(keys[0] ?? {})).not.toContain('d')
  })

  it('of two processes on one database are signed with one key, also after a restart', async () => {
    const database = await ownDatabase()
    onTestFinished(database.stop)
    const both = await Promise.all([
      runUsers({ databaseUrl: database.url }),
      runUsers({ databaseUrl: database.url }),
    ])
    const [a, b] = both
    for (const { stop } of both) onTestFinished(stop)
    const { email } = await a.register('Shared')
    const input = { input: { email, password } }
    const fromB = accessTokenOf((await b.ask(anonymous, loginMutation, input)).data?.login)
    await expect(verify(a.url, fromB)).resolves.toBeDefined()

    const restarted = await runUsers({ databaseUrl: database.url })
    onTestFinished(restarted.stop)
    await expect(verify(restarted.url, fromB)).resolves.toBeDefined()
  })

  it('are signed with the one key that all processes agree on, though all ask for the first one at once', async () => {
    const { url, stop } = await ownDatabase()
    onTestFinished(stop)
    const migrations = [CreateUsers1760000000000]
    const database = await openDatabase({ service: 'test', url, tables, migrations })
    onTestFinished(() => database.destroy())
    const keys = await Promise.all(Array.from({ length: 8 }, () => currentSigningKey(database)))
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1)
    expect(await signingKeys(database)).toEqual([keys[0]])
  })

  it('of another database are refused', async () => {
    const other = await runUsers()
    onTestFinished(other.stop)
    const { email } = await other.register('Foreign')
    const answer = await other.ask(anonymous, loginMutation, { input: { email, password } })
    await expect(verify(users.url, accessTokenOf(answer.data?.login))).rejects.toThrow(/no applicable key/)
  })
})
