import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FewEntries, FewValues } from './few.ts'

const key = fc.constantFrom(undefined, 'a', 'b', 'c')
const values = ['one', 'two', 'three'].map(name => ({ name }))
const value = fc.constantFrom(...values)

it('holds what a Set holds, whatever is added and deleted', () => {
  const step = fc.record({ kind: fc.constantFrom('add', 'delete', 'clear'), value })
  fc.assert(
    fc.property(fc.array(step), steps => {
      const [few, all] = [new FewValues<{ readonly name: string }>(), new Set<{ readonly name: string }>()]
      for (const { kind, value } of steps) {
        if (kind === 'add') {
          few.add(value)
          all.add(value)
        } else if (kind === 'delete') expect(few.delete(value)).toBe(all.delete(value))
        else {
          few.clear()
          all.clear()
        }
        expect([few.size, [...few]]).toEqual([all.size, [...all]])
      }
    }),
  )
})

it('holds what a Map holds, whatever is set and deleted, under the key undefined too', () => {
  const step = fc.record({ kind: fc.constantFrom('set', 'delete', 'clear'), key, value })
  fc.assert(
    fc.property(fc.array(step), steps => {
      const few = new FewEntries<string | undefined, { readonly name: string }>()
      const all = new Map<string | undefined, { readonly name: string }>()
      for (const { kind, key, value } of steps) {
        if (kind === 'set') {
          few.set(key, value)
          all.set(key, value)
        } else if (kind === 'delete') expect(few.delete(key)).toBe(all.delete(key))
        else {
          few.clear()
          all.clear()
        }
        expect([few.size, few.values(), few.get(key)]).toEqual([all.size, [...all.values()], all.get(key)])
      }
    }),
  )
})
