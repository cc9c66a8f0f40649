import { expect, it } from 'vitest'
import { isCountry } from './countries.ts'

it.each(['DE', 'US', 'GB', 'SS', 'AX'])('knows %s', code => {
  expect(isCountry(code)).toBe(true)
})

it.each(['UK', 'EU', 'XX', 'ZZ', 'AN', 'de', 'DEU', '', ' '])('refuses %j', code => {
  expect(isCountry(code)).toBe(false)
})

it('holds the 249 assigned codes, all of which the platform can name', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const pairs = letters.flatMap(first => letters.map(second => first + second))
  const known = pairs.filter(isCountry)
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  expect(known).toHaveLength(249)
  expect(known.filter(code => names.of(code) === undefined)).toEqual([])
})
