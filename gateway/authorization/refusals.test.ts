import { expect, it } from 'vitest'
import { isRefused, refusalErrors } from './refusals.ts'

const refusals = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ path: ['me', `field${index}`], conditions: [] }))

it.each([
  [0, 0],
  [100, 100],
  [101, 101],
  [9_900, 101],
])('answers %i forbidden fields with %i errors', (fields, errors) => {
  const refused = refusalErrors(refusals(fields), {})
  expect(refused).toHaveLength(errors)
  expect(JSON.stringify(refused).length).toBeLessThan(20_000)
  if (fields > 100) expect(refused.at(-1)?.message).toContain(`not listed here: ${fields - 100}.`)
})

it('tells staff without a second factor that it is what they miss', () => {
  const viewer = { kind: 'user', id: 'sam', sessionId: 's', scopes: ['totp:missing'] } as const
  const [refused] = refusalErrors(refusals(1), {}, viewer)
  expect(refused).toMatchObject({ path: ['me', 'field0'], extensions: { code: 'TOTP_REQUIRED' } })
  expect(refused && isRefused(refused)).toBe(true)
})

it('counts a path once that is forbidden in several fragments', () => {
  expect(refusalErrors([...refusals(80), ...refusals(80)], {})).toHaveLength(80)
})
