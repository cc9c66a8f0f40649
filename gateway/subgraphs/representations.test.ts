import { describe, expect, it } from 'vitest'
import { distinctRepresentations } from './representations.ts'

const order = (id: number) => ({ __typename: 'Order', id: String(id) })

describe('a request for entities', () => {
  it.each([
    ['has no representations', {}],
    ['asks for none', { representations: [] }],
    ['asks for each once', { representations: [order(1), order(2)] }],
    [
      'asks by keys that are written otherwise',
      { representations: [order(1), { id: '1', __typename: 'Order' }] },
    ],
    ['has a variable of that name that is no list', { representations: 'x' }],
  ])('stays as it is if it %s', (_, variables) => {
    expect(distinctRepresentations(variables)).toBeUndefined()
  })

  it('asks for each entity once, in the order in which they were first asked for, and keeps the other variables', () => {
    const { variables, placesPerEntity } =
      distinctRepresentations({ first: 5, representations: [order(2), order(1), order(2), order(2)] }) ?? {}
    expect(variables).toEqual({ first: 5, representations: [order(2), order(1)] })
    expect(placesPerEntity).toBe(2)
  })

  const asked = distinctRepresentations({ representations: [order(2), order(1), order(2)] })

  it('gives each place its entity, and each place its error', () => {
    const data = { _entities: [{ number: 'two' }, null] }
    const errors = [
      { message: 'Gone', path: ['_entities', 1, 'number'] },
      { message: 'Late', path: ['_entities', 0, 'items', 3] },
      { message: 'Down' },
    ]
    expect(asked?.spread({ data, errors })).toEqual({
      data: { _entities: [{ number: 'two' }, null, { number: 'two' }] },
      errors: [
        { message: 'Gone', path: ['_entities', 1, 'number'] },
        { message: 'Late', path: ['_entities', 0, 'items', 3] },
        { message: 'Late', path: ['_entities', 2, 'items', 3] },
        { message: 'Down' },
      ],
    })
  })

  it.each([
    null,
    {},
    { _entities: null },
    { _entities: [] },
    { _entities: [1, 2, 3] },
  ])('leaves an answer as it is that is not what was asked for: %j', data => {
    expect(asked?.spread({ data })).toEqual({ data })
  })

  it('reads each of 10,000 places of 100 entities once', () => {
    let reads = 0
    const representations = Array.from({ length: 10_000 }, (_, index) => ({
      toJSON: () => {
        reads += 1
        return order(index % 100)
      },
    }))
    const distinct = distinctRepresentations({ representations })
    expect(distinct?.variables.representations).toHaveLength(100)
    const data = { _entities: Array.from({ length: 100 }, (_, id) => ({ id })) }
    const errors = Array.from({ length: 100 }, (_, index) => ({ message: 'x', path: ['_entities', index] }))
    expect(distinct?.spread({ data, errors }).data?._entities).toHaveLength(10_000)
    expect(reads).toBe(10_000)
  })
})
