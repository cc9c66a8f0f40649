import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { GraphQLError } from 'graphql'
import { expect, it, vi } from 'vitest'
import { createDocuments } from '../limits/documents.ts'
import { loadSupergraph, readSupergraph } from '../supergraph.ts'
import { createAdmission, DocumentRefused } from './admission.ts'
import { createKnownOperations } from './known-operations.ts'

const supergraph = loadSupergraph(readSupergraph())
const limits = {
  MAX_TOKENS: 2_000,
  MAX_ROOT_FIELDS: 20,
  MAX_ALIASES: 30,
  MAX_DIRECTIVES: 10,
  MAX_DEPTH: 12,
  MAX_SELECTIONS: 1_000,
}

const createParts = () => {
  const documents = createDocuments(limits)
  const parse = vi.spyOn(documents, 'parse')
  const known = createKnownOperations()
  const admission = createAdmission({ supergraph, documents, known, introspection: true })
  const refusalOf = (text: string) => {
    try {
      admission.admit(text)
    } catch (error) {
      if (error instanceof DocumentRefused) return error.errors
      throw error
    }
    throw new Error(`it was admitted: ${text}`)
  }
  return { ...admission, known, parse, refusalOf }
}

it('reads each text once, whether it is admitted or refused', () => {
  const { admit, refusalOf, parse } = createParts()
  const [first, second] = [admit('{ me { id } }'), admit('{ me { id } }')]
  expect(second).toBe(first)
  for (const text of ['{ nothing }', '{', `{ ${'me { id } '.repeat(100)} }`])
    expect(refusalOf(text)).toBe(refusalOf(text))
  expect(parse).toHaveBeenCalledTimes(4)
})

it.each([
  ['what is no GraphQL', '{ me { id }', 'GRAPHQL_PARSE_FAILED'],
  ['what is past a limit', `{ ${'me { id } '.repeat(100)} }`, 'OPERATION_TOO_LARGE'],
  ['what the schema does not have', '{ nothing me { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'a value that a scalar refuses',
    '{ salesSummary(from: "2026-02-30", to: "2026-03-01") { __typename } }',
    'BAD_USER_INPUT',
  ],
  [
    'a subscription that may leave out its root',
    'subscription ($a: Boolean!) { notificationAdded @skip(if: $a) { __typename } }',
    'GRAPHQL_VALIDATION_FAILED',
  ],
])('refuses %s with a code, and suggests no names', (_, text, code) => {
  const errors = createParts().refusalOf(text)
  expect(errors.length).toBeGreaterThan(0)
  for (const { message, extensions } of errors) {
    expect(extensions).toMatchObject({ code, http: { status: 400 } })
    expect(message).not.toContain('Did you mean')
  }
})

it.each(['{ nothing }', '{ }'])('keeps nothing of a refused document but what is said of it: %s', text => {
  const [error] = createParts().refusalOf(text)
  expect(error).toBeInstanceOf(GraphQLError)
  expect(error?.nodes).toBeUndefined()
  expect(error?.source).toBeUndefined()
  expect(error?.stack).not.toContain('\n')
  expect(error?.locations).toEqual([{ line: 1, column: 3 }])
})

it('keeps no request through which a refused document came', async () => {
  const { admit } = createParts()
  const send = () => {
    const request = { text: '{ nothing }' }
    expect(() => admit(request.text)).toThrow(DocumentRefused)
    return new WeakRef(request)
  }
  const request = send()
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('there is no gc')
  await setImmediate()
  collect()
  expect(request.deref()).toBeUndefined()
})

it('gives the operation of a name, or says that one has to be named', () => {
  const { operationOf } = createParts()
  const text = 'query A { me { id } } query B { me { name } }'
  expect(operationOf(text, 'B')).toMatchObject({ operationName: 'B', query: text })
  for (const name of [undefined, 'C'])
    expect(operationOf(text, name)).toMatchObject([{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }])
})
