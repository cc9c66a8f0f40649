import { expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'

it.each([
  '0',
  '-1',
  '1.5',
  '86401',
  'long',
])('refuses %j as the life of a reservation, and says what to put there', value => {
  expect(() => readEnvironment({ RESERVATION_TTL_SECONDS: value })).toThrow(
    /RESERVATION_TTL_SECONDS is not usable: put the seconds there .* such as 900/,
  )
})

it('wants no setting for the life of a reservation', () => {
  expect(() => readEnvironment({})).not.toThrow(/RESERVATION_TTL_SECONDS/)
})
