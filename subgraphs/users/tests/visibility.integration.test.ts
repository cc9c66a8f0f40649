import type { Viewer } from '@supergraph/runtime/identity.ts'
import { UserUpdated } from '@supergraph/schema/events/users.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  anonymous,
  askWith,
  eventsOf,
  identityToken,
  type Person,
  runUsers,
  userOf,
} from './users-under-test.ts'

const staff = userOf('STAFF')
const admin = userOf('ADMIN')
const orders: Viewer = { kind: 'service', name: 'orders', scopes: ['users:read'] }

let users: Awaited<ReturnType<typeof runUsers>>
let ada: Person
let grace: Person
beforeAll(async () => {
  users = await runUsers()
  ada = await users.register('Ada')
  grace = await users.register('Grace')
})
afterAll(() => users.stop())

const full = '{ id name email role addresses { id } }'
const entities = `query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on User ${full} } }`
const reference = (id: string) => ({ __typename: 'User', id })
const wholeUser = (person: Person, name: string) => ({
  id: person.id,
  name,
  email: person.email,
  role: 'CUSTOMER',
  addresses: [],
})

describe('a user', () => {
  it('is shown to itself whole, by every path', async () => {
    const whole = wholeUser(ada, 'Ada')
    const { data } = await users.ask(
      ada.viewer,
      `query ($id: ID!, $ids: [_Any!]!) {
        me ${full} user(id: $id) ${full} _entities(representations: $ids) { ... on User ${full} }
      }`,
      { id: ada.id, ids: [reference(ada.id)] },
    )
    expect(data).toEqual({ me: whole, user: whole, _entities: [whole] })
  })

  it.each([
    ['staff', staff],
    ['admins', admin],
  ])('is shown to %s whole', async (_, viewer) => {
    const whole = wholeUser(ada, 'Ada')
    const one = await users.ask(viewer, `query ($id: ID!) { user(id: $id) ${full} }`, { id: ada.id })
    const referred = await users.ask(viewer, entities, { ids: [reference(ada.id)] })
    expect(one.data?.user).toEqual(whole)
    expect(referred.data?._entities).toEqual([whole])
  })

  it('is shown to a service by reference, without e-mail and addresses', async () => {
    const { data } = await users.ask(orders, entities, { ids: [reference(ada.id)] })
    expect(data?._entities).toEqual([{ ...wholeUser(ada, 'Ada'), email: null, addresses: null }])
    const one = await users.ask(orders, 'query ($id: ID!) { me { id } user(id: $id) { id } }', { id: ada.id })
    expect(one.data).toEqual({ me: null, user: null })
  })

  it.each([
    ['another customer', () => grace.viewer],
    ['an anonymous caller', () => anonymous],
  ])('can not be told by %s from one that does not exist, by any path', async (_, viewer) => {
    const ids = [crypto.randomUUID(), ada.id, ada.id.toUpperCase(), 'not-an-id', '']
    const roots = await Promise.all(
      ids.map(id => users.ask(viewer(), `query ($id: ID!) { user(id: $id) ${full} }`, { id })),
    )
    const referred = await Promise.all(ids.map(id => users.ask(viewer(), entities, { ids: [reference(id)] })))
    for (const answers of [roots, referred]) {
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    }
    expect(roots[0]?.data).toEqual({ user: null })
    expect(referred[0]?.data).toEqual({ _entities: [null] })
  })

  it('that is unknown or no UUID is null for staff too, not an error', async () => {
    const ids = [crypto.randomUUID(), 'not-an-id', "' or true --"].map(reference)
    const { data, errors } = await users.ask(staff, entities, { ids })
    expect(errors).toBeUndefined()
    expect(data?._entities).toEqual([null, null, null])
  })
})

describe('me', () => {
  it('is null for an anonymous caller and for a user who is gone', async () => {
    for (const viewer of [anonymous, staff]) {
      const { data, errors } = await users.ask(viewer, '{ me { id } }')
      expect([data, errors]).toEqual([{ me: null }, undefined])
    }
  })

  it('has the new name after updateMe, and keeps it if no name or a wrong one is given', async () => {
    const { viewer } = await users.register('Before')
    const update = (input: object) =>
      users.ask(
        viewer,
        `mutation ($input: UpdateMeInput!) {
          updateMe(input: $input) {
            ... on UpdateMeSuccess { user { name email } }
            ... on InvalidInput { field }
          }
        }`,
        { input },
      )
    const renamed = { user: { name: 'After', email: 'before@people.example' } }
    expect((await update({ name: ' After ' })).data?.updateMe).toEqual(renamed)
    expect((await update({})).data?.updateMe).toEqual(renamed)
    expect((await update({ name: null })).data?.updateMe).toEqual(renamed)
    expect((await update({ name: '' })).data?.updateMe).toEqual({ field: 'name' })
    expect((await users.ask(viewer, '{ me { name } }')).data).toEqual({ me: { name: 'After' } })
  })

  it('has the new locale after updateMe, and keeps it if none or a wrong one is given', async () => {
    const { viewer, id } = await users.register('Traveller')
    const update = async (locale: string | null) => {
      const { data } = await users.ask(
        viewer,
        `mutation ($locale: String) {
          updateMe(input: { locale: $locale }) {
            ... on UpdateMeSuccess { user { locale } }
            ... on InvalidInput { field message }
          }
        }`,
        { locale },
      )
      return data?.updateMe
    }
    expect(await update(null)).toEqual({ user: { locale: 'en' } })
    expect(await update('DE-at-u-nu-arab')).toEqual({ user: { locale: 'de-AT' } })
    for (const wrong of ['', 'German', 'de_AT', 'd', 'x-secret', 'und', 'und-Latn-AT', 'de-'.repeat(50)]) {
      expect(await update(wrong)).toEqual({
        field: 'locale',
        message: 'Give a language such as en, de or de-AT (BCP 47).',
      })
    }
    expect(await update(null)).toEqual({ user: { locale: 'de-AT' } })
    const events = await eventsOf(users.databaseUrl, UserUpdated)
    expect(events.filter(({ subject }) => subject === id)).toMatchObject([
      { version: 2, data: { locale: 'de-AT' } },
    ])
  })

  it('publishes each new name once, under a version of its own', async () => {
    const { viewer, id, email } = await users.register('Lotte')
    for (const name of ['Charlotte', 'Charlotte', null, '', 'Lotte'])
      await users.ask(
        viewer,
        'mutation ($name: String) { updateMe(input: { name: $name }) { __typename } }',
        { name },
      )
    const events = await eventsOf(users.databaseUrl, UserUpdated)
    expect(events.filter(({ subject }) => subject === id)).toMatchObject([
      { version: 2, data: { userId: id, name: 'Charlotte', email } },
      { version: 3, data: { userId: id, name: 'Lotte', email } },
    ])
  })
})

describe('users', () => {
  const page = z.object({
    edges: z.array(z.object({ cursor: z.string(), node: z.object({ name: z.string() }) })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  })
  const ask = (viewer: Viewer, variables: object) =>
    users.ask(
      viewer,
      `query ($first: Int, $after: String) {
        users(first: $first, after: $after) {
          edges { cursor node { name email } } pageInfo { hasNextPage endCursor }
        }
      }`,
      variables,
    )

  it('gives staff every user once, newest first, page by page, though some register meanwhile', async () => {
    for (const name of ['First', 'Second', 'Third', 'Fourth']) await users.register(name)
    const newest = page.parse((await ask(staff, { first: 2 })).data?.users)
    await users.register('Meanwhile')
    const next = page.parse((await ask(staff, { first: 100, after: newest.pageInfo.endCursor })).data?.users)
    const names = [...newest.edges, ...next.edges].map(({ node }) => node.name)
    expect(names.slice(0, 4)).toEqual(['Fourth', 'Third', 'Second', 'First'])
    expect(names.slice(-2)).toEqual(['Grace', 'Ada'])
    expect(new Set(names).size).toBe(names.length)
    expect([newest.pageInfo.hasNextPage, next.pageInfo.hasNextPage]).toEqual([true, false])
  })

  it.each([
    ['UNAUTHENTICATED', () => anonymous],
    ['FORBIDDEN', () => ada.viewer],
    ['FORBIDDEN', () => orders],
  ])('answers %s to anyone else', async (code, viewer) => {
    const { errors } = await ask(viewer(), {})
    expect(errors?.[0]?.extensions.code).toBe(code)
  })

  it.each([
    { first: 0 },
    { first: 101 },
    { after: 'nonsense' },
    { after: 'WyJub3QtYW4taWQiXQ' },
  ])('refuses the arguments %j', async variables => {
    const { errors } = await ask(staff, variables)
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  })
})

describe('a request', () => {
  const queries = ['{ _service { sdl } }', '{ me { id } }', '{ __typename }']

  it('without an identity token for this service is refused before any resolver runs', async () => {
    const tokens = [undefined, 'nonsense', await identityToken(ada.viewer, 'orders')]
    for (const token of tokens) {
      const answers = await Promise.all([
        ...queries.map(query => askWith(users.url, token, query)),
        askWith(users.url, token, entities, { ids: [reference(ada.id)] }),
      ])
      for (const { status, data, errors } of answers) {
        expect([status, data, errors?.[0]?.extensions.code]).toEqual([401, undefined, 'UNAUTHENTICATED'])
      }
    }
  })
})
