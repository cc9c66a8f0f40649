import { GraphQLError } from 'graphql'
import { expect, it } from 'vitest'
import { faultErrors } from './faults.ts'
import type { Place, PlanRun } from './run.ts'

const told = (
  faults: readonly Place[],
  run: Partial<Pick<PlanRun, 'withoutPlace' | 'unknown'>>,
  errorsAt: readonly Place[] = [],
) =>
  faultErrors(
    faults,
    { withoutPlace: [], unknown: [], ...run },
    errorsAt.map(path => new GraphQLError('no', { path })),
    path => path.map(key => (key === 'as_b' ? 'b' : key)),
  ).map(({ path, extensions }) => ({ path, ...extensions }))

const fault: Place = ['a', 0, 'b', 'c']
const invalid = { path: fault, code: 'INVALID_ANSWER' }

it.each([
  ['nothing else is wrong', [], [], [invalid]],
  ['an error is about the place', [fault], [], []],
  ['an error is about what is around it', [['a', 0]], [], []],
  ['an error is about what is inside', [['a', 0, 'b', 'c', 'd', 1]], [], []],
  ['an error is about another element', [['a', 1, 'b', 'c']], [], [invalid]],
  ['an error is about a key that begins alike', [['a', 0, 'b', 'cc']], [], [invalid]],
  ['a fetch of all failed', [], [[]], []],
  ['a fetch of what is around it failed', [], [['a', '@', 'b']], []],
  ['a fetch of what is around it failed, whose path has no sign for a list', [], [['a', 'b']], []],
  ['a fetch of that failed under the name of the plan', [], [['a', '@', 'as_b']], []],
  ['a fetch of something else failed', [], [['a', '@', 'x'], ['x']], [invalid]],
  ['a fetch of what is inside failed', [], [['a', '@', 'b', 'c', 'd']], [invalid]],
])('tells of a place without its value if %s', (_, errorsAt, withoutPlace, expected) => {
  expect(told([fault], { withoutPlace }, errorsAt)).toEqual(expected)
})

it('names the subgraphs that do not know an entity, each once, in the place of what misses', () => {
  const unknown = [
    {
      service: 'users',
      places: [
        ['a', 0],
        ['a', 1],
      ],
    },
    { service: 'cards', places: [['a', 0]] },
    { service: 'outer', places: [['a']] },
    { service: 'others', places: [['x']] },
  ]
  expect(
    told(
      [
        ['a', 0, 'b'],
        ['a', 0, 'c'],
        ['a', 1],
        ['a', 2, 'b'],
      ],
      { unknown },
    ),
  ).toEqual([
    { path: ['a', 0], code: 'ENTITY_NOT_FOUND', service: 'users' },
    { path: ['a', 0], code: 'ENTITY_NOT_FOUND', service: 'cards' },
    { path: ['a', 1], code: 'ENTITY_NOT_FOUND', service: 'users' },
    { path: ['a'], code: 'ENTITY_NOT_FOUND', service: 'outer' },
  ])
})

it('says nothing of an entity that nobody misses', () => {
  expect(told([], { unknown: [{ service: 'users', places: [['a', 0]] }] })).toEqual([])
})
