import { expect, it } from 'vitest'
import { reactionTo } from './reactions.ts'
import { ShopError, subscriptionFailed } from './shop-error.ts'

const refusedWith = (code: string) => [{ message: code, extensions: { code } }]
const closedWith = (code: number) => ({ code, reason: '' })

it.each([
  [closedWith(1006), 'resume'],
  [closedWith(4401), 'resume'],
  [closedWith(4429), 'resume'],
  [new Event('error'), 'resume'],
  [new ShopError('UNREACHABLE', ''), 'resume later'],
  [refusedWith('SLOW_CONSUMER'), 'resume later'],
  [refusedWith('SCHEMA_CHANGED'), 'resume later'],
  [refusedWith('SERVICE_UNAVAILABLE'), 'resume later'],
  [refusedWith('UNAUTHENTICATED'), 'resume later'],
  [refusedWith('CURSOR_EXPIRED'), 'begin anew'],
  [[{ message: '', extensions: { code: 'NOT_KNOWN_HERE', retryable: true } }], 'resume later'],
  [[{ message: '', extensions: { code: 'NOT_KNOWN_HERE', retryable: false } }], 'end'],
  [refusedWith('NOT_FOUND'), 'end'],
  [refusedWith('BAD_USER_INPUT'), 'end'],
  [[], 'end'],
  [closedWith(4403), 'end'],
  [new ShopError('SIGNED_OUT', ''), 'end'],
] as const)('after %j: %s', (reason, reaction) => {
  expect(reactionTo(subscriptionFailed(reason), true)).toBe(reaction)
})

it('has nothing to wait for if nobody is signed in', () => {
  expect(reactionTo(subscriptionFailed(refusedWith('UNAUTHENTICATED')), false)).toBe('end')
})
