import {
  UserLinkCreated,
  UserLinkCreatedV2,
  UserRegistered,
  UserRegisteredV2,
  UserUpdated,
  UserUpdatedV2,
} from '@supergraph/schema/events/users.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import {
  anonymous,
  eventsOf,
  loginMutation,
  onDatabase,
  password,
  registerMutation,
  runUsers,
  userOf,
} from './users-under-test.ts'

let users: Awaited<ReturnType<typeof runUsers>>
beforeAll(async () => {
  users = await runUsers()
})
afterAll(() => users.stop())

const outcome = z.object({
  __typename: z.string(),
  field: z.string().optional(),
  user: z.object({ id: z.string(), email: z.string() }).optional(),
})
const register = async (email: string) => {
  const { data } = await users.ask(anonymous, registerMutation, {
    input: { email, password, name: 'Somebody' },
  })
  return outcome.parse(data?.register)
}
const login = async (email: string) =>
  outcome.parse((await users.ask(anonymous, loginMutation, { input: { email, password } })).data?.login)

it.each([
  ['info@käse.de', ['info@xn--kse-qla.de', 'INFO@KÄSE.DE', ' info@ka\u0308se.de ', 'info@XN--KSE-QLA.de']],
  ['shop@xn--bcher-kva.example', ['shop@bücher.example', 'Shop@BÜCHER.example']],
  ['h&m.fan@example.com', ['H&M.Fan@Example.com']],
  ['eve@faß.de', ['eve@xn--fa-hia.de']],
  ['a..b@docomo.example', ['A..B@docomo.example']],
  ['jürgen@müller.example', ['JÜRGEN@xn--mller-kva.example', 'ju\u0308rgen@mu\u0308ller.example']],
  ['用户@例え.テスト', ['用户@xn--r8jz45g.xn--zckzah']],
])('opens one account for %s, however it is written, and shows it as its owner writes it', async (email, others) => {
  const { __typename, user } = await register(email)
  expect([__typename, user?.email]).toEqual(['Session', email])
  for (const other of others) {
    expect((await register(other)).__typename).toBe('EmailTaken')
    expect((await login(other)).user).toEqual(user)
  }
})

it('opens one account if both forms of a domain register at once', async () => {
  const forms = ['race@käse.example', 'race@xn--kse-qla.example']
  const kinds = await Promise.all(Array.from({ length: 10 }, (_, index) => register(forms[index % 2] ?? '')))
  expect(kinds.filter(({ __typename }) => __typename === 'Session')).toHaveLength(1)
})

it('keeps the accounts apart whose domains only look alike', async () => {
  const [latin, cyrillic] = [await register('ada@ace.example'), await register('ada@асе.example')]
  expect(latin.user?.id).not.toBe(cyrillic.user?.id)
  expect((await login('ada@асе.example')).user).toEqual(cyrillic.user)
})

it.each([
  ['told@käse.example', 'told@xn--kse-qla.example', [UserRegistered, UserLinkCreated, UserUpdated]],
  [
    'Erzählt@käse.example',
    'erzählt@xn--kse-qla.example',
    [UserRegisteredV2, UserLinkCreatedV2, UserUpdatedV2],
  ],
])('tells other services of %s the address that mail servers take, once', async (email, told, types) => {
  const { user } = await register(email)
  const id = user?.id ?? ''
  const rename = 'mutation { updateMe(input: { name: "Another" }) { __typename } }'
  await users.ask(userOf('CUSTOMER', id), rename)
  const all = [
    UserRegistered,
    UserLinkCreated,
    UserUpdated,
    UserRegisteredV2,
    UserLinkCreatedV2,
    UserUpdatedV2,
  ]
  for (const type of all) {
    const events: readonly {
      readonly data: { readonly userId: string; readonly email?: string | undefined }
    }[] = await eventsOf<{ userId: string; email?: string | undefined }>(users.databaseUrl, type)
    const about = events.filter(({ data }) => data.userId === id).map(({ data }) => data.email)
    expect(about, type.type).toEqual(types.some(one => one === type) ? [told] : [])
  }
})

it('counts wrong passwords of all forms of an address together', async () => {
  await register('both@käse.example')
  for (let failure = 0; failure < 6; failure += 1) {
    const email = failure % 2 ? 'both@käse.example' : 'both@xn--kse-qla.example'
    await users.ask(anonymous, loginMutation, { input: { email, password: 'wrong horse battery' } })
  }
  expect((await login('both@KÄSE.example')).__typename).toBe('TooManyAttempts')
})

it.each([
  'kаse@example.com',
  'ka💩@example.com',
  `${'a'.repeat(65)}@example.com`,
  'a@xn--a.de',
  'a@[192.0.2.1]',
  '"a b"@example.com',
  'a@example.com.',
])('refuses %s and names the field', async email => {
  expect(await register(email)).toMatchObject({ __typename: 'InvalidInput', field: 'email' })
})

it('lets those sign in whose accounts are older than the rules', async () => {
  const email = `${'a'.repeat(65)}@people.example`
  const { id } = await users.register('Older')
  await onDatabase(users.databaseUrl, 'update users set email = $2 where id = $1', [id, email])
  expect((await login(email)).user?.id).toBe(id)
  const { data } = await users.ask(userOf('STAFF'), 'query ($id: ID!) { user(id: $id) { email } }', { id })
  expect(data?.user).toEqual({ email })
})
