import type { TypedDocumentNode } from '@apollo/client'
import { expect, expectTypeOf, it } from 'vitest'
import { isFailure, type OperationDocument } from './operation.ts'
import type { ShopClient } from './shop-client.ts'

it('takes an answer for a failure if no root field has a value and an error says why', () => {
  const errors = [{ message: 'out' }]
  expect(isFailure({ data: null })).toBe(true)
  expect(isFailure({ errors })).toBe(true)
  expect(isFailure({ data: { orderUpdated: null }, errors })).toBe(true)
  expect(isFailure({ data: { orderUpdated: null } })).toBe(false)
  expect(isFailure({ data: { orderUpdated: { order: null } }, errors })).toBe(false)
})

it('types data and variables by a generated document', () => {
  type Data = { readonly product: { readonly name: string } | null }
  type Variables = { readonly id: string }
  // n.b. GraphQL Code Generator writes documents in this form
  class TypedDocumentString extends String {
    readonly __apiType?: (variables: Variables) => Data
  }
  const ask = (query: ShopClient['query']) => query(new TypedDocumentString('query'), { id: '1' })
  expectTypeOf<Awaited<ReturnType<typeof ask>>['data']>().toEqualTypeOf<Data>()
  const askParsed = (query: ShopClient['query'], document: TypedDocumentNode<Data, Variables>) =>
    query(document, { id: '1' })
  expectTypeOf<Awaited<ReturnType<typeof askParsed>>['data']>().toEqualTypeOf<Data>()
  expectTypeOf<{ query: string }>().not.toExtend<OperationDocument<unknown, unknown>>()
  expectTypeOf<'{ me { id } }'>().toExtend<OperationDocument<unknown, unknown>>()
})
