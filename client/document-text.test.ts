import { gql } from '@apollo/client'
import { parse, print } from 'graphql'
import { expect, it } from 'vitest'
import { type AnyDocument, documentText } from './document-text.ts'

class TypedDocumentString extends String {
  private readonly value: string
  constructor(value: string) {
    super(value)
    this.value = value
  }
  override toString(): string {
    return this.value
  }
}

const fragment = gql`fragment ProductName on Product { name }`
const composed = gql`
  query Product($id: ID!, $name: String = "a \\"mug\\"") { product(id: $id) { ...ProductName price { amountMinor } } }
  ${fragment}
`
const text = '{ products(first: 1) { edges { node { id } } } }'
// n.b. Code Generator writes documents as plain objects without places
const generated = JSON.parse(JSON.stringify(parse(text, { noLocation: true })))
const withTypename = {
  ...composed,
  definitions: parse('{ product { __typename } }').definitions,
}

it.each<[string, AnyDocument, string]>([
  ['a text', text, text],
  ['a text object', new String(text), text],
  ['a TypedDocumentString', new TypedDocumentString(text), text],
  ['a parsed document', parse(text), print(parse(text))],
  ['a generated document', generated, print(parse(text))],
  ['gql with a fragment in it', composed, print(composed)],
  ['a document that was changed after it was parsed', withTypename, '{\n  product {\n    __typename\n  }\n}'],
  ['an empty text', '', ''],
])('gives the text of %s', (_, document, expected) => {
  expect(documentText(document)).toBe(expected)
  expect(documentText(document)).toBe(expected)
})

it('prints fragments that were put into gql', () => {
  expect(documentText(composed)).toContain('fragment ProductName on Product')
  expect(print(parse(documentText(composed)))).toBe(print(composed))
})

it.each<[unknown, RegExp]>([
  [undefined, /not undefined\./],
  [null, /not null\./],
  [7, /not 7\./],
  [{}, /not an object with no properties\./],
  [{ query: text }, /not an object with query\./],
  [{ kind: 'Document' }, /not an object with kind\./],
  [{ kind: 'Field', name: 'a' }, /not an object with kind, name\./],
  [[text], /not an object with 0\./],
  [() => text, /not \(\) => text\./],
  [Promise.resolve(text), /not an object with no properties\./],
])('refuses %o', (document, message) => {
  const any: (document: never) => string = documentText
  expect(() => Reflect.apply(any, undefined, [document])).toThrow(TypeError)
  expect(() => Reflect.apply(any, undefined, [document])).toThrow(message)
})
