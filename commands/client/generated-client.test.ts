import * as parsedOperations from '@supergraph/client/documents'
import * as operations from '@supergraph/client/operations'
import { createTrustedDocuments } from '@supergraph/gateway/documents/trusted-documents.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { print } from 'graphql'
import { expect, it } from 'vitest'
import { generateClient } from './generated-client.ts'

const api = `
  type Query { now: DateTime! }
  scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time.html")
`

it('types an operation, with its result and variables', async () => {
  const files = await generateClient(api, ['query Now { now }\n'])
  expect(files['types.ts']).toContain('export type NowQuery = { readonly now: DateTime };')
  expect(files['texts.ts']).toContain(
    'export const NowText = "query Now { now }" as OperationText<NowQuery, NowQueryVariables>;',
  )
  expect(files['documents.ts']).toMatch(
    /export const NowDocument = .* as DocumentNode<NowQuery, NowQueryVariables>;/,
  )
})

it.each([
  ['scalar DateTime', 'The scalar DateTime has no @specifiedBy(url:)'],
  ['scalar Colour @specifiedBy(url: "https://www.w3.org/TR/css-color-4")', 'The scalar Colour has no type'],
])('refuses %s', async (scalar, message) => {
  const [name] = scalar.slice('scalar '.length).split(' ')
  const schema = `type Query { one: ${name} } ${scalar}`
  await expect(generateClient(schema, ['query One { one }'])).rejects.toThrow(message)
})

it('sends what a gateway of recorded operations alone runs', () => {
  const { check } = createTrustedDocuments(readRecordedOperations())
  const texts = Object.entries(operations).filter(([name]) => name.endsWith('Text'))
  const documents = Object.entries(parsedOperations).filter(([name]) => name.endsWith('Document'))
  expect(texts).toHaveLength(readRecordedOperations().length)
  expect(documents).toHaveLength(texts.length)
  for (const [, text] of texts) check(String(text))
  for (const [, document] of documents) if (typeof document === 'object') check(print(document))
})
