import { expect, it } from 'vitest'
import { askUntilFinal, type GraphQLResponse } from './graphql-client.ts'

const refused = (code: string): GraphQLResponse => ({
  data: { result: null },
  errors: [{ message: 'no', extensions: { code } }],
})
const again = { data: { result: { __typename: 'TryAgain', retryAfterSeconds: 0.001 } } }
const placed = (status: string) => ({
  data: { result: { __typename: 'PlaceOrderSuccess', order: { status } } },
})
const declined = { data: { result: { __typename: 'PaymentDeclined' } } }

it.each([
  ['an order is confirmed', [again, refused('SERVICE_UNAVAILABLE'), placed('PENDING'), placed('CONFIRMED')]],
  ['it is refused', [refused('SERVICE_TIMEOUT'), declined]],
  ['a refund has ended', [{ data: { result: { refund: { status: 'PENDING' } } } }, placed('REFUNDED')]],
  ['it is wrong', [refused('BAD_USER_INPUT')]],
])('asks the same again until %s', async (_, answers) => {
  const asked: unknown[] = []
  const ask = async (...request: unknown[]) => {
    asked.push(request)
    return answers[asked.length - 1] ?? { data: null }
  }
  const variables = { input: { idempotencyKey: 'k' } }
  expect(await askUntilFinal(ask, 'mutation', variables)).toBe(answers.at(-1))
  expect(asked).toEqual(answers.map(() => ['mutation', variables]))
})
