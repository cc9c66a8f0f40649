import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { createTrustedDocuments, readTrustedDocuments } from './trusted-documents.ts'

const recorded = 'query Me { me { id } }\n'
const trusted = createTrustedDocuments([recorded])

it.each([
  ['as it is recorded', recorded],
  ['without its last line feed', recorded.trim()],
  ['as graphql prints it', 'query Me {\n  me {\n    id\n  }\n}'],
])('trusts a document %s, and its hash', (_how, text) => {
  expect(() => trusted.check(text)).not.toThrow()
  expect(() => trusted.checkHash(hash('sha256', text))).not.toThrow()
  expect(trusted.find(hash('sha256', text))).toBe(text)
})

it.each([
  'query Me { me { id } } ',
  'query Me { me { id name } }',
  'query Me { me { id } } query Other { me { id } }',
  '',
  '__proto__',
])('trusts no other: %j', text => {
  expect(() => trusted.check(text)).toThrow(
    expect.objectContaining({ extensions: { code: 'QUERY_NOT_IN_SAFELIST', http: { status: 403 } } }),
  )
  expect(() => trusted.checkHash(hash('sha256', text))).toThrow(
    expect.objectContaining({ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST', http: { status: 404 } } }),
  )
})

it('reads the operations that are recorded with the schema', () => {
  expect(() => readTrustedDocuments().check('query Me { me { id } }')).toThrow()
  const url = new URL('./no-operations/', import.meta.url)
  expect(() => readTrustedDocuments(url)).toThrow(/no-operations/)
})
