import type { Viewer } from '@supergraph/runtime/identity.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { anonymous, runUsers, userOf } from './users-under-test.ts'

let users: Awaited<ReturnType<typeof runUsers>>
beforeAll(async () => {
  users = await runUsers()
})
afterAll(() => users.stop())

const home = {
  name: 'Ada Lovelace',
  line1: '1 Engine Lane',
  line2: null,
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
}
const failure = '... on Failure { message } ... on InvalidInput { field }'
const addMutation = `mutation ($address: AddressInput!) {
  addAddress(input: { address: $address }) {
    __typename
    ... on AddAddressSuccess {
      address { id name line1 line2 city postalCode country }
      user { addresses { id line1 } }
    }
    ${failure}
  }
}`
const updateMutation = `mutation ($addressId: ID!, $address: AddressInput!) {
  updateAddress(input: { addressId: $addressId, address: $address }) {
    __typename
    ... on UpdateAddressSuccess { address { id line1 line2 } user { addresses { id line1 line2 } } }
    ${failure}
  }
}`
const removeMutation = `mutation ($addressId: ID!) {
  removeAddress(input: { addressId: $addressId }) {
    __typename
    ... on RemoveAddressSuccess { user { addresses { id } } }
    ... on Failure { message }
  }
}`

const add = (viewer: Viewer, address: object) => users.ask(viewer, addMutation, { address })
const addressId = (result: unknown) =>
  z.object({ address: z.object({ id: z.uuid() }) }).parse(result).address.id
const bookOf = async (viewer: Viewer) => {
  const { data } = await users.ask(viewer, '{ me { addresses { id line1 } } }')
  return z.object({ addresses: z.array(z.object({ id: z.string(), line1: z.string() })) }).parse(data?.me)
    .addresses
}

it('keeps addresses in the order in which they were added, trimmed, with the country in upper case', async () => {
  const { viewer } = await users.register('Ada')
  const first = await add(viewer, { ...home, line1: '  1 Engine Lane ', line2: '  ', country: ' gb' })
  expect(first.data?.addAddress).toMatchObject({ __typename: 'AddAddressSuccess', address: home })
  await add(viewer, { ...home, line1: '2 Engine Lane' })
  await add(viewer, { ...home, line1: '3 Engine Lane' })
  expect((await bookOf(viewer)).map(({ line1 }) => line1)).toEqual([
    '1 Engine Lane',
    '2 Engine Lane',
    '3 Engine Lane',
  ])
})

it.each([
  ['address.name', { name: '' }],
  ['address.line1', { line1: 'a'.repeat(201) }],
  ['address.line2', { line2: 'two\nlines' }],
  ['address.city', { city: '\u0000' }],
  ['address.postalCode', { postalCode: '1'.repeat(21) }],
  ['address.country', { country: 'XX' }],
  ['address.country', { country: 'Germany' }],
])('names the field %s where its value can not be accepted', async (field, wrong) => {
  const { viewer } = await users.register(`Wrong${crypto.randomUUID()}`)
  const { data, errors } = await add(viewer, { ...home, ...wrong })
  expect(errors).toBeUndefined()
  expect(data?.addAddress).toMatchObject({ __typename: 'InvalidInput', field })
  expect(await bookOf(viewer)).toEqual([])
})

it('holds 20 addresses at most, however many are added at once', async () => {
  const { viewer } = await users.register('Collector')
  const answers = await Promise.all(Array.from({ length: 25 }, () => add(viewer, home)))
  const refused = answers.filter(({ text }) => text.includes('InvalidInput'))
  expect(refused).toHaveLength(5)
  expect(refused[0]?.data?.addAddress).toMatchObject({ field: 'address' })
  expect(await bookOf(viewer)).toHaveLength(20)
})

it('replaces and removes an address', async () => {
  const { viewer } = await users.register('Mover')
  const id = addressId((await add(viewer, home)).data?.addAddress)
  const moved = { ...home, line1: '9 New Road', line2: 'Flat 2' }
  const updated = await users.ask(viewer, updateMutation, { addressId: id, address: moved })
  const expected = { id, line1: '9 New Road', line2: 'Flat 2' }
  expect(updated.data?.updateAddress).toEqual({
    __typename: 'UpdateAddressSuccess',
    address: expected,
    user: { addresses: [expected] },
  })
  const removed = await users.ask(viewer, removeMutation, { addressId: id })
  expect(removed.data?.removeAddress).toEqual({ __typename: 'RemoveAddressSuccess', user: { addresses: [] } })
  const again = await users.ask(viewer, removeMutation, { addressId: id })
  expect(again.data?.removeAddress).toMatchObject({ __typename: 'AddressNotFound' })
})

it("answers another user's address, an unknown one and a malformed id alike, and changes nothing", async () => {
  const [owner, stranger] = await Promise.all([users.register('Owner'), users.register('Stranger')])
  const id = addressId((await add(owner.viewer, home)).data?.addAddress)
  await add(stranger.viewer, home)
  const ids = [crypto.randomUUID(), id, 'not-an-id', '', "' or true --"]
  for (const [mutation, inputs] of [
    [updateMutation, { address: { ...home, line1: 'Stolen' } }],
    [removeMutation, {}],
  ] as const) {
    const answers = await Promise.all(
      ids.map(addressId => users.ask(stranger.viewer, mutation, { ...inputs, addressId })),
    )
    const [unknown, ...others] = answers.map(({ text }) => text)
    expect(unknown).toContain('AddressNotFound')
    for (const text of others) expect(text).toBe(unknown)
  }
  expect(await bookOf(owner.viewer)).toEqual([{ id, line1: home.line1 }])
  expect(await bookOf(stranger.viewer)).toHaveLength(1)
})

it('shows each change of one request as it is then', async () => {
  const { viewer } = await users.register('Serial')
  const { data } = await users.ask(
    viewer,
    `mutation ($address: AddressInput!) {
      first: addAddress(input: { address: $address }) { ...Book }
      second: addAddress(input: { address: $address }) { ...Book }
    }
    fragment Book on AddAddressSuccess { user { addresses { city } } }`,
    { address: home },
  )
  expect(data).toEqual({
    first: { user: { addresses: [{ city: 'London' }] } },
    second: { user: { addresses: [{ city: 'London' }, { city: 'London' }] } },
  })
})

it.each([
  ['an anonymous caller', anonymous],
  ['a service', { kind: 'service', name: 'orders', scopes: [] }],
  ['a user who is gone', userOf('CUSTOMER')],
] as const)('tells %s to sign in', async (_, viewer) => {
  const answers = await Promise.all([
    add(viewer, home),
    users.ask(viewer, updateMutation, { addressId: crypto.randomUUID(), address: home }),
    users.ask(viewer, removeMutation, { addressId: crypto.randomUUID() }),
    users.ask(viewer, 'mutation { updateMe(input: { name: "X" }) { __typename } }'),
  ])
  for (const { errors } of answers) expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})
