import { expect, it } from 'vitest'
import { createFieldLoader, createListLoader, createLoader } from './loaders.ts'

it('asks once for all keys of a tick, and answers in their order with null for what is missing', async () => {
  const asked: (readonly string[])[] = []
  const loader = createLoader(
    async keys => {
      asked.push(keys)
      return [{ id: 'b' }, { id: 'a' }]
    },
    row => row.id,
  )
  expect(await Promise.all(['a', 'b', 'c'].map(key => loader.load(key)))).toEqual([
    { id: 'a' },
    { id: 'b' },
    null,
  ])
  expect(asked).toEqual([['a', 'b', 'c']])
})

it('gives each key its list, in the order loaded, and an empty list if there is none', async () => {
  const loader = createListLoader(
    async () => [
      { of: 'a', n: 1 },
      { of: 'a', n: 2 },
    ],
    row => row.of,
  )
  expect(await Promise.all([loader.load('a'), loader.load('b')])).toEqual([
    [
      { of: 'a', n: 1 },
      { of: 'a', n: 2 },
    ],
    [],
  ])
})

it('loads a field once per distinct arguments, however many parents ask', async () => {
  const asked: unknown[] = []
  const { load } = createFieldLoader(
    async (args: { readonly first: number }, keys) => {
      asked.push([args, keys])
      return keys.map(of => ({ of, first: args.first }))
    },
    row => row.of,
  )
  await Promise.all([load({ first: 1 }, 'a'), load({ first: 1 }, 'b'), load({ first: 2 }, 'a')])
  expect(asked).toEqual([
    [{ first: 1 }, ['a', 'b']],
    [{ first: 2 }, ['a']],
  ])
})
