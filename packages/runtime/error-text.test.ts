import { expect, it } from 'vitest'
import { codeOf, messageOf } from './error-text.ts'

it('says what was thrown, whatever it is', () => {
  expect([new TypeError('no'), 'no', 7, undefined, null].map(messageOf)).toEqual([
    'no',
    'no',
    '7',
    'undefined',
    'null',
  ])
})

it('reads the code of an error that has one', () => {
  expect(codeOf(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
  expect([new Error('no'), { code: 5 }, 'ECONNREFUSED', undefined, null].map(codeOf)).toEqual([
    '',
    '',
    '',
    '',
    '',
  ])
})
