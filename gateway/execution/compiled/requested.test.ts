import { maxErrors } from '@supergraph/runtime/answer-errors.ts'
import { expect, it } from 'vitest'
import { requestEntities } from './requested.ts'

/** Represents what has an id, and counts how often it does. */
const counted = () => {
  let count = 0
  return {
    count: () => count,
    represent: ({ id }: Readonly<Record<string, unknown>>) => {
      count += 1
      return id === undefined ? undefined : JSON.stringify(id)
    },
  }
}

it('asks for nothing if there are no entities, or none that can be represented', () => {
  const { represent } = counted()
  for (const data of [{}, { x: null }, { x: [] }, { x: [null] }, { x: [{}, {}] }])
    expect(requestEntities({ data }, ['x', '@'], represent)).toBeUndefined()
})

it('asks for each entity once, and knows all its objects and places', () => {
  const objects = [{ id: 1 }, { id: 2 }, {}, { id: 1 }, { id: 2 }, { id: 3 }]
  const requested = requestEntities({ data: { x: objects } }, ['x', '@'], counted().represent)
  expect(requested?.representations).toEqual(['1', '2', '3'])
  expect(requested?.targets).toEqual([[{ id: 1 }, { id: 1 }], [{ id: 2 }, { id: 2 }], [{ id: 3 }]])
  expect(requested?.targets[0]?.[1]).toBe(objects[3])
  expect(requested?.count).toBe(6)
  expect([0, 1, 2, 3].map(index => requested?.placesOf(index))).toEqual([
    [
      ['x', 0],
      ['x', 3],
    ],
    [
      ['x', 1],
      ['x', 4],
    ],
    [['x', 5]],
    [],
  ])
})

it('tells entities apart by what is less than their texts, if that is enough', () => {
  const { represent } = counted()
  const byId = Object.assign(represent, { keyOf: ({ id }: Readonly<Record<string, unknown>>) => id })
  const data = { x: [{ id: '1' }, { id: 1 }, {}, { id: '1' }, { id: 1 }, { id: '"1"' }] }
  const requested = requestEntities({ data }, ['x', '@'], byId)
  expect(requested?.representations).toEqual(['"1"', '1', '"\\"1\\""'])
  expect(requested?.targets.map(({ length }) => length)).toEqual([2, 2, 1])
})

it('gives no more places of an entity than an answer lists errors', () => {
  const data = { x: Array.from({ length: 1_000 }, () => ({ id: 1 })) }
  expect(requestEntities({ data }, ['x', '@'], counted().represent)?.placesOf(0)).toHaveLength(maxErrors)
})

it('looks at each of many entities once', () => {
  const { represent, count } = counted()
  let reads = 0
  const data = {
    get x() {
      reads += 1
      return Array.from({ length: 50_000 }, (_, id) => ({ id }))
    },
  }
  const requested = requestEntities({ data }, ['x', '@'], represent)
  expect(requested?.representations).toHaveLength(50_000)
  expect(count()).toBe(50_000)
  for (let index = 0; index < 50_000; index += 1)
    expect(requested?.placesOf(index)[0]?.[1] === index).toBe(true)
  expect(reads).toBe(2)
})
