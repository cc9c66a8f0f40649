import { countRequestQueries } from '@supergraph/postgres/tests/test-database.ts'
import { SessionEnded, UserPasswordResetRequested, UserUpdated } from '@supergraph/schema/events/users.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { linksOf } from './links.ts'
import {
  anonymous,
  eventsOf,
  loginMutation,
  onDatabase,
  type Person,
  password,
  registerMutation,
  runTwins,
} from './users-under-test.ts'

const queries = countRequestQueries()
const { users, twin, stop } = await runTwins({
  onQuery: queries.onQuery,
  variables: { ACCOUNT_DELETION_GRACE_SECONDS: '0' },
})
afterAll(stop)

const newAddress = () => `${crypto.randomUUID()}@new.example`
const request = async (person: Person, newEmail: string, secret = password) =>
  (
    await users.ask(
      person.viewer,
      `mutation ($input: RequestEmailChangeInput!) {
        requestEmailChange(input: $input) {
          __typename ... on RequestEmailChangeSuccess { message } ... on Failure { message }
          ... on InvalidInput { field } ... on TooManyAttempts { retryAfterSeconds }
        }
      }`,
      { input: { newEmail, password: secret } },
    )
  ).data?.requestEmailChange
const useToken =
  (field: string) =>
  async (token: string, at: Pick<typeof users, 'ask'> = users) =>
    (
      await at.ask(
        anonymous,
        `mutation ($token: String!) { ${field}(input: { token: $token }) { __typename ... on Failure { message } } }`,
        { token },
      )
    ).data?.[field]
const confirm = useToken('confirmEmailChange')
const undo = useToken('undoEmailChange')
const verify = useToken('verifyEmail')
const newest = async (person: Person, purpose: Parameters<typeof linksOf>[2]) =>
  (await linksOf(users, person, purpose)).at(-1)
const emailOf = async (person: Person) =>
  (await users.ask(person.viewer, '{ me { email emailVerified } }')).data?.me
const login = async (email: string, secret = password) =>
  (await users.ask(anonymous, loginMutation, { input: { email, password: secret } })).data?.login
const register = async (email: string) =>
  (await users.ask(anonymous, registerMutation, { input: { email, password, name: 'Somebody' } })).data
    ?.register

/** Gives a person another address; returns the token of the earlier one. */
const change = async (person: Person, newEmail = newAddress()) => {
  expect(await request(person, newEmail)).toMatchObject({ __typename: 'RequestEmailChangeSuccess' })
  const link = await newest(person, 'email-change')
  expect(link?.email).toBe(newEmail)
  expect(await confirm(link?.token ?? '', twin)).toEqual({ __typename: 'ConfirmEmailChangeSuccess' })
  return { newEmail, undoing: (await newest(person, 'email-change-undo'))?.token ?? '' }
}
const newPerson = () => users.register(`Changing${crypto.randomUUID()}`)
/** Somebody whose account is not new. */
const person = async () => {
  const registered = await newPerson()
  const age = `update users set created_at = created_at - interval '25 hours' where id = $1`
  await onDatabase(users.databaseUrl, age, [registered.id])
  return registered
}
const invalid = { __typename: 'InvalidToken' }

it('changes the address once the link to the new one is used, and tells the earlier one', async () => {
  const changing = await person()
  const { newEmail } = await change(changing)
  expect(await emailOf(changing)).toEqual({ email: newEmail, emailVerified: true })
  expect(await login(newEmail)).toMatchObject({ __typename: 'Session' })
  expect(await login(changing.email)).toMatchObject({ __typename: 'InvalidCredentials' })
  const told = (await eventsOf(users.databaseUrl, UserUpdated)).filter(
    ({ data }) => data.userId === changing.id,
  )
  expect(told.map(({ version, data }) => [version, data.email])).toEqual([[2, newEmail]])
  expect((await newest(changing, 'email-change-undo'))?.email).toBe(changing.email)
})

it('gives the earlier address its account back, ends every session and forces another password', async () => {
  const changing = await person()
  const { newEmail, undoing } = await change(changing)
  expect(await undo(undoing, twin)).toEqual({ __typename: 'UndoEmailChangeSuccess' })
  expect(await emailOf(changing)).toEqual({ email: changing.email, emailVerified: true })
  expect(await login(changing.email)).toMatchObject({ __typename: 'InvalidCredentials' })
  expect(await login(newEmail)).toMatchObject({ __typename: 'InvalidCredentials' })
  const alive = 'select id from sessions where user_id = $1 and ended_at is null'
  expect(await onDatabase(users.databaseUrl, alive, [changing.id])).toEqual([])
  const ends = (await eventsOf(users.databaseUrl, SessionEnded)).filter(
    ({ data }) => data.userId === changing.id,
  )
  expect(ends.map(({ data }) => data.sessionId)).toEqual([null])
  await expect
    .poll(async () =>
      (await eventsOf(users.databaseUrl, UserPasswordResetRequested)).filter(
        ({ data }) => data.userId === changing.id,
      ),
    )
    .toHaveLength(1)
})

it('lets the first owner undo two changes at once, and the addresses in between undo nothing', async () => {
  const changing = await person()
  const first = await change(changing)
  const second = await change(changing)
  expect(await undo(first.undoing)).toEqual({ __typename: 'UndoEmailChangeSuccess' })
  expect(await emailOf(changing)).toMatchObject({ email: changing.email })
  expect(await undo(second.undoing)).toMatchObject(invalid)
})

it('lets nobody delete an account while an earlier address can take it back, and keeps it once that has', async () => {
  const changing = await person()
  const { newEmail, undoing } = await change(changing)
  const deletion = 'deleteMe(input: { password: $password }) { ... on DeleteMeSuccess { dueAt } }'
  const { data } = await users.ask(changing.viewer, `mutation ($password: String!) { ${deletion} }`, {
    password,
  })
  const { dueAt } = Object(data?.deleteMe)
  expect(dueAt).toBe((await newest(changing, 'email-change-undo'))?.expiresAt)
  expect(await login(newEmail)).toMatchObject({ __typename: 'Session' })
  expect(await undo(undoing)).toEqual({ __typename: 'UndoEmailChangeSuccess' })
  const deletions = 'select from account_deletions where user_id = $1'
  expect(await onDatabase(users.databaseUrl, deletions, [changing.id])).toEqual([])
})

it('lets a deletion wait that was wanted before the address was changed', async () => {
  const changing = await person()
  const wanted = `insert into account_deletions (user_id, requested_at, due_at) values ($1, now(), now() + interval '1 hour')`
  await onDatabase(users.databaseUrl, wanted, [changing.id])
  await change(changing)
  const { data } = await users.ask(changing.viewer, '{ me { deletionDueAt } }')
  const undoableUntil = (await newest(changing, 'email-change-undo'))?.expiresAt
  expect(data?.me).toEqual({ deletionDueAt: undoableUntil })
})

it('gives nothing to a mistyped address, which is corrected on the first day, unless somebody has confirmed it', async () => {
  const mistyped = await newPerson()
  expect((await change(mistyped)).undoing).toBe('')
  expect(await register(mistyped.email)).toMatchObject({ __typename: 'Session' })
  const confirmed = await newPerson()
  await verify((await newest(confirmed, 'email-verification'))?.token ?? '')
  expect(await undo((await change(confirmed)).undoing)).toEqual({ __typename: 'UndoEmailChangeSuccess' })
})

it('keeps an earlier address for its owner for 7 days', async () => {
  const [changing, other] = [await person(), await person()]
  const { undoing } = await change(changing)
  expect(await register(changing.email)).toMatchObject({ __typename: 'EmailTaken' })
  expect(await request(other, changing.email)).toMatchObject({ __typename: 'RequestEmailChangeSuccess' })
  expect(await confirm((await newest(other, 'email-change'))?.token ?? '')).toMatchObject({
    __typename: 'EmailTaken',
  })
  expect(await undo(undoing)).toEqual({ __typename: 'UndoEmailChangeSuccess' })

  const later = await person()
  await change(later)
  const pass = 'update email_change_undos set expires_at = clock_timestamp() where user_id = $1'
  await onDatabase(users.databaseUrl, pass, [later.id])
  expect(await register(later.email)).toMatchObject({ __typename: 'Session' })
})

it('answers in the same words by the same statements whether the new address has an account or not', async () => {
  const [asking, known] = [await person(), await person()]
  const seen = []
  for (const asked of [known.email, newAddress()]) {
    queries.reset()
    const answer = await request(asking, asked)
    seen.push({ answer, statements: queries.statements() })
  }
  expect(seen[0]).toEqual(seen[1])
  expect(seen[0]?.statements.length).toBeGreaterThan(5)
  const link = (await linksOf(users, asking, 'email-change')).at(-2)
  expect(await confirm(link?.token ?? '')).toMatchObject(invalid)
})

it('does not change to an address that somebody has, which only its mailbox is told', async () => {
  const [asking, known] = [await person(), await person()]
  await request(asking, known.email)
  const token = (await newest(asking, 'email-change'))?.token ?? ''
  expect(await confirm(token)).toMatchObject({ __typename: 'EmailTaken' })
  expect(await emailOf(asking)).toMatchObject({ email: asking.email })
})

it('wants the password, and counts wrong ones', async () => {
  const asking = await person()
  for (let failure = 0; failure < 6; failure += 1)
    expect(await request(asking, newAddress(), 'wrong')).toMatchObject({ __typename: 'InvalidCredentials' })
  expect(await request(asking, newAddress())).toMatchObject({ __typename: 'TooManyAttempts' })
  expect(await linksOf(users, asking, 'email-change')).toEqual([])
})

it.each(['no address', ''])('refuses %j as an address, and the one that the account has', async newEmail => {
  const asking = await person()
  for (const asked of [newEmail, asking.email.toUpperCase()])
    expect(await request(asking, asked)).toMatchObject({ __typename: 'InvalidInput', field: 'newEmail' })
})

describe('a token', () => {
  type Made = { readonly changing: Person; readonly asked: string; readonly undoing: string }
  const sql = (text: string, { changing }: Made) => onDatabase(users.databaseUrl, text, [changing.id])
  const expireAll = async (made: Made) => {
    await sql('update one_time_tokens set expires_at = clock_timestamp() where user_id = $1', made)
    await sql('update email_change_undos set expires_at = clock_timestamp() where user_id = $1', made)
  }
  const wrong: Readonly<Record<string, (made: Made) => Promise<readonly unknown[]>>> = {
    'nobody made it': async () => {
      const token = Buffer.alloc(32, 7).toString('base64url')
      return [await confirm(token), await undo(token)]
    },
    'it is for another purpose': async ({ changing, asked, undoing }) => {
      const verifying = (await newest(changing, 'email-verification'))?.token ?? ''
      return [
        await confirm(undoing),
        await undo(asked),
        await verify(asked),
        await verify(undoing),
        await confirm(verifying),
        await undo(verifying),
      ]
    },
    'it has expired': async made => {
      await expireAll(made)
      return [await confirm(made.asked), await undo(made.undoing)]
    },
    'it was used': async ({ asked, undoing }) => {
      await undo(undoing)
      return [await undo(undoing), await confirm(asked)]
    },
    'it is sealed': async ({ changing }) => [
      await confirm((await newest(changing, 'email-change'))?.sealedToken ?? ''),
      await undo((await newest(changing, 'email-change-undo'))?.sealedToken ?? ''),
    ],
    'a newer change was asked for': async ({ changing, asked }) => {
      await request(changing, newAddress())
      return [await confirm(asked)]
    },
    'the password was changed meanwhile': async ({ changing, asked }) => {
      const changed = 'changePassword(input: { currentPassword: $from, newPassword: $to }) { __typename }'
      await users.ask(changing.viewer, `mutation ($from: String!, $to: String!) { ${changed} }`, {
        from: password,
        to: 'another horse battery',
      })
      return [await confirm(asked)]
    },
  }

  it.each(Object.entries(wrong))('is refused if %s', async (_, forge) => {
    const changing = await person()
    const { undoing } = await change(changing)
    await request(changing, newAddress())
    const asked = (await newest(changing, 'email-change'))?.token ?? ''
    for (const answer of await forge({ changing, asked, undoing })) expect(answer).toMatchObject(invalid)
  })

  it('works for exactly one of many that come at once, to two processes', async () => {
    const { undoing } = await change(await person())
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => undo(undoing, index % 2 ? users : twin)),
    )
    expect(JSON.stringify(answers).match(/UndoEmailChangeSuccess/g)).toHaveLength(1)
    expect(JSON.stringify(answers).match(/InvalidToken/g)).toHaveLength(7)
  })

  it('is nowhere in the database but sealed', async () => {
    const changing = await person()
    const { undoing } = await change(changing)
    const kept = JSON.stringify(
      await onDatabase(
        users.databaseUrl,
        `select query_to_xml('select * from ' || quote_ident(tablename), true, false, '')::text as rows
         from pg_tables where schemaname = 'public'`,
      ),
    )
    expect(kept).toContain((await newest(changing, 'email-change-undo'))?.sealedToken)
    expect(kept).not.toContain(undoing)
  })
})
