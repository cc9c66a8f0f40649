import { describe, expect, it } from 'vitest'
import { postalAddress } from './postal-address.ts'

const home = {
  name: 'Ada Lovelace',
  line1: '1 Engine Lane',
  line2: null,
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
}

describe('a postal address', () => {
  it('is trimmed, in composed form, with the country in upper case', () => {
    const typed = { ...home, name: ' Ada Lovelace ', city: 'Zu\u0308rich', country: ' ch' }
    expect(postalAddress.parse(typed)).toEqual({ ...home, city: 'Z\u00fcrich', country: 'CH' })
  })

  it.each([undefined, null, '', ' \t'])('has no second line if it is %j', line2 => {
    expect(postalAddress.parse({ ...home, line2 }).line2).toBeNull()
  })

  it.each([
    ['name', 'x'.repeat(101), "Give the recipient's name in at most 100 characters."],
    ['line1', '  ', 'Give the street.'],
    ['line1', '\u200b\u2060', 'Give the street.'],
    ['line2', 'two\nlines', 'Give the rest of the address on one line, without control characters.'],
    ['city', 'Lon\u0000don', 'Give the city on one line, without control characters.'],
    ['city', 'Lon\u2028don', 'Give the city on one line, without control characters.'],
    ['city', 'Lond\ud800on', 'Give the city without half a surrogate pair.'],
    ['postalCode', '1'.repeat(21), 'Give the postal code in at most 20 characters.'],
    ['country', 'XX', "Give the country's ISO 3166-1 alpha-2 code, such as DE."],
  ])('is refused for the true reason when %s is %j', (field, value, message) => {
    const { error } = postalAddress.safeParse({ ...home, [field]: value })
    expect(error?.issues).toMatchObject([{ path: [field], message }])
  })
})
