import { expect, it } from 'vitest'
import { isAcceptablePassword } from './password.ts'

const own = ['ada.lovelace@example.com', 'Ada Lovelace']

it.each([
  'correct horse battery',
  'x7#kQ9!mZ2',
  'pässwörd-ñandú',
  'ada.lovelace@example.com and more',
  'supergraph-demo',
  'abcdefghij!',
])('accepts %j', password => {
  expect(isAcceptablePassword(password, own)).toBe(true)
})

it.each([
  ['is shorter than 10 characters', 'x7#kQ9!mZ'],
  ['is longer than 200 characters', 'x7#kQ9!mZ2'.repeat(21)],
  ['has few characters of many units', '😀'.repeat(9)],
  ['is a common one', 'password123'],
  ['is a common one in capitals', 'PassWord123'],
  ['is a common one in full-width letters', 'ｑｗｅｒｔｙｕｉｏｐ'],
  ['is a row of digits', '1234567890'],
  ['is short but for the spaces around it', '  x7#kQ9!mZ  '],
  ['has four different characters', 'abcdabcdab'],
  ['has four different characters but for their case', 'aAbBcCdDaA'],
  ['is a run of digits', '0123456789'],
  ['is a run of letters', 'abcdefghij'],
  ['is a run backwards', 'ZYXWVUTSRQPO'],
  ["is its owner's e-mail address", 'Ada.Lovelace@Example.com'],
  ["is its owner's name", ' ada LOVELACE '],
])('refuses one that %s', (_, password) => {
  expect(isAcceptablePassword(password, own)).toBe(false)
})
