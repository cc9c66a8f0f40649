import type { LookupAddress, LookupOptions } from 'node:dns'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createSharedLookup } from './shared-lookups.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const one: LookupAddress = { address: '10.0.0.1', family: 4 }
const two: LookupAddress = { address: '10.0.0.2', family: 4 }

const three: LookupAddress = { address: '::1', family: 6 }

const soon = () => vi.advanceTimersByTimeAsync(0)

const createNames = () => {
  const asked: { readonly name: string; answer: (outcome: readonly LookupAddress[] | string) => void }[] = []
  const lookup = createSharedLookup(
    name =>
      new Promise((resolve, reject) => {
        asked.push({
          name,
          answer: outcome =>
            typeof outcome === 'string'
              ? reject(Object.assign(new Error(outcome), { code: outcome }))
              : resolve(outcome),
        })
      }),
  )
  const find = (name: string, options: LookupOptions = {}): Promise<unknown> =>
    new Promise(resolve =>
      lookup(name, options, (error, found) => resolve(error === null ? found : error.code)),
    )
  return { asked, find }
}

it('looks a name up once for all who ask meanwhile, and gives each the addresses of the family they asked for', async () => {
  const { asked, find } = createNames()
  const found = Promise.all([
    find('db'),
    find('db', { all: true }),
    find('db', { all: true, family: 4 }),
    find('db', { family: 'IPv6' }),
  ])
  await soon()
  expect(asked).toHaveLength(1)
  asked[0]?.answer([one, two, three])
  expect(await found).toEqual([one.address, [one, two, three], [one, two], three.address])
  void find('db')
  await soon()
  expect(asked).toHaveLength(2)
})

it('gives the addresses that a name had once it is late by a second, and the new ones when it has come', async () => {
  const { asked, find } = createNames()
  const first = find('db')
  await soon()
  asked[0]?.answer([one])
  await first
  const late = find('db')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await late).toBe(one.address)
  expect(await Promise.race([find('db'), vi.advanceTimersByTimeAsync(1)])).toBe(one.address)
  expect(asked).toHaveLength(2)
  asked[1]?.answer([two])
  await soon()
  const next = find('db')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await next).toBe(two.address)
})

it('gives the addresses that a name had while no name server answers, and believes one that knows no such name', async () => {
  const { asked, find } = createNames()
  const unknown = find('db')
  await soon()
  asked[0]?.answer('EAI_AGAIN')
  expect(await unknown).toBe('EAI_AGAIN')
  const first = find('db')
  await soon()
  asked[1]?.answer([one])
  await first
  const again = find('db')
  await soon()
  asked[2]?.answer('EAI_AGAIN')
  expect(await again).toBe(one.address)
  const gone = find('db')
  await soon()
  asked[3]?.answer('ENOTFOUND')
  expect(await gone).toBe('ENOTFOUND')
})

it('says that a name has no address of a family', async () => {
  const { asked, find } = createNames()
  const found = find('db', { family: 6 })
  await soon()
  asked[0]?.answer([one])
  expect(await found).toBe('ENOTFOUND')
})
