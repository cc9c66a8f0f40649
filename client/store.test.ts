import { expect, it } from 'vitest'
import { createWebStore } from './store.ts'

const createStorage = () => {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}

it('keeps a value under its key, and removes it', () => {
  const storage = createStorage()
  const store = createWebStore<{ readonly a: number }>(storage, 'key')
  expect(store.get()).toBeUndefined()
  store.set({ a: 1 })
  expect([store.get(), storage.items.get('key')]).toEqual([{ a: 1 }, '{"a":1}'])
  store.set(undefined)
  expect(storage.items.size).toBe(0)
})

it('takes what it can not read for nothing', () => {
  const storage = createStorage()
  storage.setItem('key', 'not JSON')
  expect(createWebStore(storage, 'key').get()).toBeUndefined()
})
