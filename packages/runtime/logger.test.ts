import { expect, it } from 'vitest'
import { withoutData } from './logger.ts'

it('logs an error with its stack and without the values of the statement that failed', () => {
  const failure = Object.assign(new Error('lock timeout', { cause: new Error('55P03') }), {
    query: 'update credentials set password_hash = $1',
    parameters: ['$argon2id$secret'],
    driverError: { detail: '$argon2id$secret' },
    detail: 'Failing row contains (secret@example.com).',
    where: 'JSON data, line 1: {"email":"secret@example.com"}',
  })
  const logged = JSON.stringify([failure, new AggregateError([failure], 'several')].map(withoutData))
  expect(logged).toContain('lock timeout')
  expect(logged).toContain('update credentials')
  expect(logged).toContain('logger.test.ts')
  expect(logged).not.toContain('secret')
})
