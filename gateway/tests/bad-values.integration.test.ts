import { describe, expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'
import type { Manner } from './stand-in-subgraph.ts'

const notADay = 'Expected a day of the calendar such as "2026-03-01", of the years 0001 to 9999.'
const notAnInstant = 'Expected an instant in ISO 8601 with its time zone, of the years 0001 to 9999.'
const notANumber = 'Expected a whole number from -9007199254740991 to 9007199254740991.'

const badDays = [
  '2026-02-30',
  '2025-02-29',
  '0000-01-01',
  '10000-01-01',
  '+010000-01-01',
  '-4713-01-01',
  '2026-3-1',
].concat([
  '2026-13-01',
  '2026-00-10',
  '20260301',
  '2026-03-01T00:00:00Z',
  '٢٠٢٦-٠٣-٠١',
  '2026-03-01\0',
  ' 2026-03-01',
  '',
])
const badInstants = [
  '0000-06-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '2016-12-31T23:59:60Z',
]
  .concat(['2026-03-01T09:30:00', '2026-03-01T09:30:00+0100', '2026-03-01T24:00:00Z', '2026-02-30T09:30:00Z'])
  .concat([
    '0001-01-01T00:30:00+01:00',
    '9999-12-31T23:30:00-01:00',
    '2026-03-01',
    '2026-W09-7T00:00:00Z',
    'now',
    '',
  ])
const badNumbers = [2 ** 53, -(2 ** 53), 1.5, '7', true, [7], {}]

const cases = [
  ...badDays.map(value => ({ field: 'onDay(day: $value)', type: 'Date', value, notice: notADay })),
  ...[1, true, ['2026-02-30'], {}].map(value => ({
    field: 'onDay(day: $value)',
    type: 'Date',
    value,
    notice: notADay,
  })),
  ...badInstants.map(value => ({
    field: 'at(instant: $value)',
    type: 'DateTime',
    value,
    notice: notAnInstant,
  })),
  ...badNumbers.map(value => ({ field: 'count(of: $value)', type: 'SafeInt', value, notice: notANumber })),
]

const literal = (value: unknown): string =>
  typeof value === 'object' && !Array.isArray(value) ? '{}' : JSON.stringify(value)

describe('a value that a scalar can not take is BAD_USER_INPUT, and never reaches a subgraph', () => {
  it('in a variable, in the document and in a list', async () => {
    const { post, products } = await startGatewayUnderTest()
    for (const { field, type, value, notice } of cases) {
      const inVariable = await post(`query ($value: ${type}) { ${field} }`, {}, { value })
      const inDocument = await post(`{ ${field.replace('$value', literal(value))} }`)
      for (const { status, body } of [inVariable, inDocument])
        expect({ status, value, code: body.errors?.[0]?.extensions.code }).toEqual({
          status: 400,
          value,
          code: 'BAD_USER_INPUT',
        })
      expect(inVariable.body.errors?.[0]?.message).toBe(`Variable "$value" got an invalid value: ${notice}`)
      expect(inDocument.body.errors?.[0]?.message).toBe(notice)
    }
    const inList = await post(
      'query ($days: [Date!]) { onDay(days: $days) }',
      {},
      { days: ['2026-03-01', '2026-02-30'] },
    )
    expect(inList.body.errors?.[0]?.message).toContain(notADay)
    expect(products.received).toEqual([])
  })

  it('and of thousands in a list the first three are told', async () => {
    const { post } = await startGatewayUnderTest()
    const query = 'query ($days: [Date!]) { onDay(days: $days) }'
    const { body } = await post(query, {}, { days: Array.from({ length: 4_999 }, () => '2026-02-30') })
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(
      Array.from({ length: 3 }, () => 'BAD_USER_INPUT'),
    )
  })

  it('but every other value does', async () => {
    const { post } = await startGatewayUnderTest()
    for (const [field, type, value] of [
      ['onDay(day: $value)', 'Date', '2024-02-29'],
      ['onDay(day: $value)', 'Date', '0001-01-01'],
      ['onDay(day: $value)', 'Date', '9999-12-31'],
      ['onDay(day: $value)', 'Date', null],
      ['at(instant: $value)', 'DateTime', '2026-03-01T09:30:00Z'],
      ['at(instant: $value)', 'DateTime', '2026-03-01t09:30:00.123456+05:45'],
      ['at(instant: $value)', 'DateTime', '0001-01-01T00:00:00Z'],
      ['count(of: $value)', 'SafeInt', Number.MAX_SAFE_INTEGER],
      ['count(of: $value)', 'SafeInt', 0],
    ]) {
      const { body } = await post(`query ($value: ${type}) { ${field} }`, {}, { value })
      expect({ value, errors: body.errors }).toEqual({ value, errors: undefined })
    }
  })
})

it.for<[Manner, string, string]>([
  ['with BAD_USER_INPUT', 'Expected a colour.', 'BAD_USER_INPUT'],
  // n.b. the gateway wrote the query: that the subgraph can not read it is not the client's fault
  ['with GRAPHQL_VALIDATION_FAILED', 'products does not answer', 'SERVICE_UNAVAILABLE'],
])('says who is to blame if a subgraph answers %s', async ([manner, message, code]) => {
  const { post, products } = await startGatewayUnderTest()
  products.answers(manner)
  const { body } = await post('{ product(id: "7") { name } }')
  expect(body.errors).toEqual([{ message, extensions: { code, service: 'products' } }])
})
