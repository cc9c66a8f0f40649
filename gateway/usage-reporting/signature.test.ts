import { buildSchema, GraphQLError, Kind, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { signatureOf } from './signature.ts'

const schema = buildSchema(`
  scalar Json
  enum Kind { BOOK MUG }
  input Tag { name: String! weight: Int }
  input Filter { kind: Kind tags: [Tag!] ids: [ID!] near: Float isNew: Boolean extra: Json }
  type Query {
    product(id: ID!, kind: Kind): Product
    products(filter: Filter, first: Int): [Product!]!
    anything(of: Json): Json
  }
  type Product { id: ID! name(language: String = "en"): String kind: Kind parent: Product }
`)

const signed = (text: string, name?: string) => {
  const document = parse(text)
  const operation = document.definitions.find(
    definition => definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === name,
  )
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new GraphQLError(`no operation ${name}`)
  const signature = signatureOf(schema, { document, operation })
  expect(validate(schema, parse(signature))).toEqual([])
  return signature
}

it.each([
  ['texts', '{ product(id: "secret") { name(language: """secret""") } }'],
  ['numbers', '{ products(first: 4711, filter: { near: 47.11, ids: [4711] }) { id } }'],
  ['switches', '{ products(filter: { isNew: false }) { id @skip(if: false) } }'],
  ['objects', '{ products(filter: { tags: [{ name: "secret", weight: 4711 }] }) { id } }'],
  ['whatever stands in a scalar', '{ anything(of: { secret: [SECRET, { secret4711: 47.11 }] }) }'],
  ['an enum value in a scalar', '{ anything(of: SECRET) }'],
  ['an element of a list in a scalar', '{ anything(of: [SECRET, "secret", 4711]) }'],
  [
    'defaults of variables',
    'query ($id: ID = "secret", $f: Filter = { ids: ["secret"] }) { products(filter: $f) { id } product(id: $id) { id } }',
  ],
  ['aliases', '{ secret4711: product(id: "secret") { secret: id } }'],
  ['comments', '# secret 4711\n{ product(id: "1") { id } }'],
  [
    'other operations of the document',
    '{ product(id: "1") { id } } fragment Secret on Product { id } query Secret { product(id: "2") { ...Secret } }',
  ],
])('hides %s', (_title, text) => {
  expect(signed(text)).not.toMatch(/secret|47|false/i)
})

it('keeps names of fields, arguments, variables, fragments and enum values', () => {
  expect(
    signed(
      'query Shelf($id: ID!) { product(kind: MUG, id: $id) { ...Parts } } fragment Parts on Product { name id }',
      'Shelf',
    ),
  ).toBe(`query Shelf($id: ID!) {
  product(id: $id, kind: MUG) {
    ...Parts
  }
}

fragment Parts on Product {
  id
  name
}`)
})

it.each([
  ['literals', '{ product(id: "1") { id } }', '{ product(id: "2") { id } }'],
  ['order', '{ product(id: 1, kind: MUG) { id kind } }', '{ product(kind: MUG, id: 2) { kind id } }'],
  ['space and comments', '{product(id:"1"){id}}', '{ product(id: "1") { # the id\n id } }'],
  ['aliases', '{ a: product(id: "1") { id } }', '{ b: product(id: "1") { id } }'],
  [
    'how many of the same they ask for',
    '{ a: product(id: "1") { id } b: product(id: "2") { id } }',
    '{ c: product(id: "1") { id } }',
  ],
  [
    'how long their lists are',
    '{ products(filter: { ids: [1, 2, 3], tags: [{ name: "a" }, { name: "b" }] }) { id } }',
    '{ products(filter: { tags: [{ name: "c" }], ids: [4] }) { id } }',
  ],
])('is the same for operations that differ in %s', (_title, one, other) => {
  expect(signed(one)).toBe(signed(other))
})

it('keeps apart what has different variables', () => {
  const text =
    'query ($a: ID!, $b: ID!) { x: product(id: $a) { id } y: product(id: $b) { id } product(id: "1") { id } }'
  expect(signed(text).match(/product\(/g)).toHaveLength(3)
})
