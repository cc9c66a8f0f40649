import { expect, it } from 'vitest'
import { rule } from './rule.ts'

it.each([
  ['20/1h', { burst: 20, firstWaitMs: 180_000, forgetsOneEveryMs: 180_000 }],
  ['1/1s', { burst: 1, firstWaitMs: 1_000, forgetsOneEveryMs: 1_000 }],
  ['300/10m', { burst: 300, firstWaitMs: 2_000, forgetsOneEveryMs: 2_000 }],
  ['100/1d', { burst: 100, firstWaitMs: 864_000, forgetsOneEveryMs: 864_000 }],
  ['999999/1s', { burst: 999_999, firstWaitMs: 1_000 / 999_999, forgetsOneEveryMs: 1_000 / 999_999 }],
])('reads %s', (text, expected) => {
  expect(rule('5/1m').parse(text)).toEqual(expected)
})

it('is its example unless it is set', () => {
  expect(rule('5/1m').parse(undefined)).toEqual({ burst: 5, firstWaitMs: 12_000, forgetsOneEveryMs: 12_000 })
})

it('begins with the first wait, but never waits longer than it takes to forget one', () => {
  expect(rule('6/90m', { firstWaitMs: 1_000 }).parse(undefined)).toMatchObject({ firstWaitMs: 1_000 })
  expect(rule('6/1s', { firstWaitMs: 1_000 }).parse(undefined)).toMatchObject({ firstWaitMs: 1_000 / 6 })
})

it.each([
  '',
  '20',
  '0/1h',
  '20/0h',
  '20/h',
  '20/1w',
  '-1/1h',
  '1.5/1h',
  '20 / 1h',
  '1000000/1s',
  '20/1H',
  'off',
])('says what to put there instead of "%s"', text => {
  const { error } = rule('20/1h').safeParse(text)
  expect(error?.issues[0]?.message).toBe('put a number and a time there, such as 20/1h')
})
