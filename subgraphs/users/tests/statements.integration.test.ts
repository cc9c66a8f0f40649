import { countRequestQueries } from '@supergraph/postgres/tests/test-database.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Person, runUsers, userOf } from './users-under-test.ts'

const staff = userOf('STAFF')
const address = '{ name: "A", line1: "1", city: "C", postalCode: "1", country: "DE" }'
const addAddress = `mutation { addAddress(input: { address: ${address} }) { __typename } }`

const queries = countRequestQueries()
let users: Awaited<ReturnType<typeof runUsers>>
let people: readonly Person[]
beforeAll(async () => {
  users = await runUsers({ onQuery: queries.onQuery })
  const names = Array.from({ length: 20 }, (_, index) => `Person${index}`)
  people = await Promise.all(names.map(users.register))
  await Promise.all(people.map(({ viewer }) => users.ask(viewer, addAddress)))
})
afterAll(() => users.stop())

const statementsOf = async (ask: () => Promise<{ readonly text: string }>, shows: number) => {
  queries.reset()
  const { text } = await ask()
  expect(text.match(/"DE"/g)).toHaveLength(shows)
  return queries.count()
}

it('reads users with addresses by reference in two statements, be it 1 or 20', async () => {
  const entities = (count: number) => () =>
    users.ask(
      staff,
      `query ($ids: [_Any!]!) {
        _entities(representations: $ids) { ... on User { email addresses { country } } }
      }`,
      { ids: people.slice(0, count).map(({ id }) => ({ __typename: 'User', id })) },
    )
  expect(await statementsOf(entities(1), 1)).toBe(2)
  expect(await statementsOf(entities(20), 20)).toBe(2)
})

it('reads a page of users with addresses in two statements, be it 1 or 20', async () => {
  const page = (first: number) => () =>
    users.ask(
      staff,
      `query ($first: Int!) { users(first: $first) { edges { node { name addresses { country } } } } }`,
      { first },
    )
  expect(await statementsOf(page(1), 1)).toBe(2)
  expect(await statementsOf(page(20), 20)).toBe(2)
})
