import { parseOptions } from '@node-rs/argon2'
import { expect, it, vi } from 'vitest'
import { createPasswords } from './passwords.ts'

const load = { running: 0, most: 0 }
vi.mock('@node-rs/argon2', async importActual => {
  const actual = await importActual<typeof import('@node-rs/argon2')>()
  const counted =
    <A extends readonly unknown[], R>(work: (...parameters: A) => Promise<R>) =>
    async (...parameters: A): Promise<R> => {
      load.running += 1
      load.most = Math.max(load.most, load.running)
      return work(...parameters).finally(() => {
        load.running -= 1
      })
    }
  return { ...actual, hash: counted(actual.hash), verify: counted(actual.verify) }
})

const password = 'correct horse battery'

it("hashes with argon2id at OWASP's parameters and a salt of its own", async () => {
  const passwords = createPasswords()
  const [first, second] = await Promise.all([passwords.hash(password), passwords.hash(password)])
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(parseOptions(first).saltLen).toBeGreaterThanOrEqual(16)
  expect(second).not.toBe(first)
})

it('knows the password of a hash, and no other', async () => {
  const passwords = createPasswords()
  const hashed = await passwords.hash(password)
  expect(await passwords.matches(hashed, password)).toBe(true)
  expect(await passwords.matches(hashed, `${password}!`)).toBe(false)
  expect(await passwords.matches(hashed, '')).toBe(false)
})

it('matches no password if there is no hash', async () => {
  const passwords = createPasswords()
  expect(await passwords.matches(undefined, password)).toBe(false)
  expect(await passwords.matches(undefined, '')).toBe(false)
})

it('works for as long without a hash as with one', async () => {
  const passwords = createPasswords()
  const hashed = await passwords.hash(password)
  await passwords.matches(undefined, password)
  const withHash = await shortestMs(() => passwords.matches(hashed, `${password}!`))
  const without = await shortestMs(() => passwords.matches(undefined, password))
  expect(without).toBeGreaterThan(withHash / 3)
  expect(without).toBeLessThan(withHash * 3)
})

it('hashes and checks four passwords at a time at most, and every one in the end', async () => {
  const passwords = createPasswords()
  const hashed = await passwords.hash(password)
  load.most = 0
  const work = Array.from({ length: 10 }, () => [
    passwords.hash(password),
    passwords.matches(hashed, password),
    passwords.matches(undefined, password),
  ]).flat()
  expect(await Promise.all(work)).toHaveLength(30)
  expect(load.most).toBe(4)
})

const shortestMs = async (work: () => Promise<unknown>): Promise<number> => {
  const times: number[] = []
  for (let round = 0; round < 8; round += 1) {
    const startedMs = performance.now()
    await work()
    times.push(performance.now() - startedMs)
  }
  return Math.min(...times)
}
