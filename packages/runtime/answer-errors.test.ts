import { describe, expect, it } from 'vitest'
import { capErrors, errorsNotListed, shortened } from './answer-errors.ts'

const at = (...path: (string | number)[]) => ({
  message: 'Not for you',
  path,
  extensions: { code: 'FORBIDDEN' },
})
const many = (count: number) => Array.from({ length: count }, (_, index) => at('orders', index))
const notListed = (errors: readonly { readonly message: string }[]) =>
  Number(/^Errors that are not listed here: (\d+)\./.exec(errors.at(-1)?.message ?? '')?.[1] ?? 0)

describe('the errors of an answer', () => {
  it.each([
    ['none', [], 0, 0],
    ['as many as may be listed', many(100), 100, 0],
    ['one more', many(101), 100, 1],
    ['9,900', many(9_900), 100, 9_800],
    ['the same at one place', Array.from({ length: 500 }, () => at('me')), 1, 0],
    ['the same without a place', [{ message: 'x' }, { message: 'x' }], 1, 0],
    [
      'the same of two services at one place',
      ['orders', 'users'].map(service => ({ ...at('me'), extensions: { code: 'FORBIDDEN', service } })),
      2,
      0,
    ],
    ['two kinds at one place', [at('me'), { ...at('me'), message: 'Gone' }], 2, 0],
    [
      'a name of 60 KB in each path',
      many(50).map(error => ({ ...error, path: ['a'.repeat(60_000), ...error.path] })),
      1,
      49,
    ],
    ['a path that is too long to be listed', [at('a'.repeat(70_000)), at('me')], 1, 1],
    ["a subgraph's count of its own", [...many(30), errorsNotListed(400)], 30, 400],
    ['two counts', [errorsNotListed(400), ...many(150), errorsNotListed(7)], 100, 457],
  ])('are listed up to the limit, and the others counted, if there are %s', (_, errors, listed, others) => {
    const capped = capErrors(errors)
    expect(capped).toHaveLength(listed + (others > 0 ? 1 : 0))
    expect(notListed(capped)).toBe(others)
  })

  it('are read once each and take no 100 KB if there are 100,000 of them', () => {
    let reads = 0
    const errors = Array.from({ length: 100_000 }, (_, index) => ({
      ...at('a'.repeat(500), index),
      get message() {
        reads += 1
        return 'Down'
      },
    }))
    const capped = capErrors(errors)
    expect(reads).toBe(100_000)
    expect(JSON.stringify(capped).length).toBeLessThan(100_000)
  })
})

it.each([
  ['Unknown argument "a" on field "b".', 'Unknown argument "a" on field "b".'],
  [`Unknown argument "${'a'.repeat(100)}".`, `Unknown argument "${'a'.repeat(100)}".`],
  [`Unknown argument "${'a'.repeat(500)}" here.`, `Unknown argument "${'a'.repeat(100)}…" here.`],
  [`Unknown argument "${'a'.repeat(100_000)}" here.`, `Unknown argument "${'a'.repeat(100)}…`],
  [`Found ${'é '.repeat(100_000)}`, `Found ${'é '.repeat(497)}…`],
])('shortens what a client could make long', (message, expected) => {
  expect(shortened(message)).toBe(expected)
})
