import { expect, it } from 'vitest'
import { z } from 'zod'
import { decodeForm, integer, list, parseParameters } from './form.ts'

it('reads parameters, maps and both spellings of lists', () => {
  const parameters = decodeForm(
    'amount=100&metadata[order_id]=a%20b&expand[]=charge&types[0]=card&types[1]=link',
  )
  expect(parameters).toEqual({
    amount: '100',
    metadata: { order_id: 'a b' },
    expand: { '': 'charge' },
    types: { 0: 'card', 1: 'link' },
  })
  const schema = z.strictObject({
    amount: integer,
    metadata: z.record(z.string(), z.string()),
    expand: list,
    types: list,
  })
  expect(parseParameters(schema, parameters)).toEqual({
    amount: 100,
    metadata: { order_id: 'a b' },
    expand: ['charge'],
    types: ['card', 'link'],
  })
})

it('keeps names that mean something to JavaScript as plain names', () => {
  const parameters = decodeForm('__proto__[polluted]=1&constructor=2')
  expect(Object.keys(parameters)).toEqual(['__proto__', 'constructor'])
  expect(Object('').polluted).toBeUndefined()
})

it.each([
  ['', { code: 'parameter_missing', param: 'amount' }],
  ['amount=1.5', { code: 'parameter_invalid', param: 'amount' }],
  ['amount[a]=1', { code: 'parameter_invalid', param: 'amount' }],
  ['amount=1&tip=2', { code: 'parameter_unknown', param: 'tip' }],
])('names the parameter that is wrong: %j', (text, details) => {
  const parse = () => parseParameters(z.strictObject({ amount: integer }), decodeForm(text))
  expect(parse).toThrow(expect.objectContaining({ status: 400, details }))
})
