import { expect, it } from 'vitest'
import { complete, createIntrospect } from './complete.ts'
import { generateJsonWriter, Irregular } from './json-writer.ts'
import { operationOn, parsed, schema } from './shape.fixture.ts'

/** Completes data, and writes them by generated code; undefined if that leaves them to be completed. */
const answer = (query: string, data: string | object, variables: Readonly<Record<string, unknown>> = {}) => {
  const { document, operation, shape } = operationOn(query, variables)
  const given = typeof data === 'string' ? parsed(data) : { ...data }
  const found = complete(schema, shape, given, createIntrospect(schema, { document, operation }, variables))
  const written = attempt(() => generateJsonWriter(schema, shape)?.(given))
  return { text: JSON.stringify(found.data), faults: found.faults, written }
}

const attempt = (write: () => string | undefined): string | undefined => {
  try {
    return write()
  } catch (error) {
    if (error instanceof Irregular) return undefined
    throw error
  }
}

const leaves = '{ int float string id boolean level any }'
const noLeaves = '{"int":null,"float":null,"string":null,"id":null,"boolean":null,"level":null,"any":null}'
const awkwardText = JSON.stringify({ string: '"quotes" \\ \u0000 \n \u2028 é 😀 \ud800', id: '\u001f' })

it.each([
  [leaves, '{"int":1,"float":1.5,"string":"a","id":"1","boolean":true,"level":"LOW","any":{"a":[1]}}'],
  [leaves, '{"int":0,"float":-1e-7,"string":"","id":"","boolean":false,"level":"HIGH","any":0}'],
  [leaves, noLeaves],
  ['{ float any }', '{"float":1e+300,"any":"2020-02-29T00:00:00Z"}'],
  ['{ any }', '{"any":[null,[],{"__proto__":1}]}'],
  ['{ any }', '{"any":false}'],
  ['{ string id }', awkwardText],
  ['{ string }', JSON.stringify({ string: `${'x'.repeat(70)}"` })],
  ['{ ints grid strict }', '{"ints":[1,null,3],"grid":[[1],null,[]],"strict":[]}'],
  ['{ things { id } matrix { id } }', '{"things":[],"matrix":[[{"id":"1"},null],null,[]]}'],
  ['{ node { id } }', '{"node":{"id":"1"}}'],
  ['{ nodes { __typename } }', '{"nodes":[{"__typename":"Thing"},null,{"__typename":"Other"}]}'],
  ['{ thing { next { next { next { id } } } } }', '{"thing":{"next":{"next":{"next":null}}}}'],
  [
    '{ thing { id } thing { name } thing { same { id } same { level } } }',
    '{"thing":{"id":"1","name":"a","same":{"id":"2","level":"LOW"}}}',
  ],
])('writes as the answer to %s what came: %s', (query, data) => {
  expect(answer(query, data)).toEqual({ text: data, faults: [], written: data })
})

it.each([
  [leaves, '{}', noLeaves],
  ['{ string int }', '{"int":1,"string":"a","more":2}', '{"string":"a","int":1}'],
  ['{ thing { t: __typename id } }', '{"thing":{"id":"1"}}', '{"thing":{"t":"Thing","id":"1"}}'],
  ['{ thing { t: __typename } }', '{"thing":{"t":7}}', '{"thing":{"t":"Thing"}}'],
  [
    '{ node { id ... on Thing { size } } }',
    '{"node":{"__typename":"Thing","id":"1","size":2}}',
    '{"node":{"id":"1","size":2}}',
  ],
  [
    '{ node { id ... on Thing { size } } }',
    '{"node":{"__typename":"Other","id":"1","size":2}}',
    '{"node":{"id":"1"}}',
  ],
  ['{ node { id } }', '{"node":{"__typename":"Named","id":"1"}}', '{"node":{"id":"1"}}'],
  ['{ found { ... on Thing { id } } }', '{"found":{"__typename":"Other"}}', '{"found":{}}'],
])('answers %s from %s with %s', (query, data, expected) => {
  expect(answer(query, data)).toEqual({ text: expected, faults: [], written: expected })
})

it.each([
  ['{ toString: string constructor: int }', '{}', '{"toString":null,"constructor":null}'],
  ['{ toString: string constructor: int }', '{"toString":"a","constructor":1}', undefined],
  [
    '{ __proto__: string hasOwnProperty: thing { __proto__: id } }',
    '{"__proto__":"a","hasOwnProperty":{"__proto__":"1"}}',
    undefined,
  ],
])('writes the keys of %s, which objects have by nature, from %s', (query, data, expected = data) => {
  expect(answer(query, data)).toEqual({ text: expected, faults: [], written: undefined })
})

it.each([
  ['int', ['"1"', '1.5', 'true', '[1]', '{}']],
  ['float', ['"1"', '{}', 'false', '[]']],
  ['string', ['1', '["a"]', 'true', '{}']],
  ['id', ['1.5', 'false', '{}', '[]']],
  ['boolean', ['0', '1', '"true"', '[]']],
  ['level', ['"MEDIUM"', '"toString"', '0', '["LOW"]', 'true']],
  ['thing { id }', ['"text"', '0', 'true', '[{"id":"1"}]', '{"__typename":"Other","id":"1"}']],
  [
    'node { id }',
    ['[]', '7', '{"__typename":"Nothing","id":"1"}', '{"__typename":7}', '{"__typename":"toString"}'],
  ],
  ['node { __typename id }', ['{"id":"1"}']],
  ['found { ... on Thing { id } }', ['{}', '[]', '{"__typename":"Found"}']],
  ['ints', ['1', '"1"', '{"0":1}', 'true']],
])('gives null for %s that is none', (selection, values) => {
  const [key = ''] = selection.split(' ')
  for (const value of values) {
    const found = answer(`{ ${selection} }`, `{"${key}":${value}}`)
    expect({ value, ...found }).toEqual({
      value,
      text: `{"${key}":null}`,
      faults: [[key]],
      written: undefined,
    })
  }
})

it.each([
  ['{ must int }', '{"int":1}', 'null', [['must']]],
  ['{ must }', '{"must":null}', 'null', [['must']]],
  ['{ must }', '{"must":"1"}', 'null', [['must']]],
  ['{ ints }', '{"ints":[1,"2",3]}', '{"ints":[1,null,3]}', [['ints', 1]]],
  [
    '{ grid }',
    '{"grid":[[1,"2"],3]}',
    '{"grid":[null,null]}',
    [
      ['grid', 0, 1],
      ['grid', 1],
    ],
  ],
  ['{ strict int }', '{"strict":[1,null],"int":1}', 'null', [['strict', 1]]],
  [
    '{ thing { size } int }',
    '{"thing":{"size":null},"int":1}',
    '{"thing":null,"int":1}',
    [['thing', 'size']],
  ],
  [
    '{ things { id size } }',
    '{"things":[{"id":"1","size":1},{"id":"2"}]}',
    '{"things":null}',
    [['things', 1, 'size']],
  ],
  [
    '{ matrix { size } }',
    '{"matrix":[[{"size":1},{}],[{}]]}',
    '{"matrix":[[{"size":1},null],[null]]}',
    [
      ['matrix', 0, 1, 'size'],
      ['matrix', 1, 0, 'size'],
    ],
  ],
  [
    '{ sure { same { same { id } } } int }',
    '{"sure":{"same":{"same":{}}},"int":1}',
    'null',
    [['sure', 'same', 'same', 'id']],
  ],
  [
    '{ thing { next { same { id } } } }',
    '{"thing":{"next":{"same":null}}}',
    '{"thing":{"next":null}}',
    [['thing', 'next', 'same']],
  ],
  [
    '{ nodes { id } }',
    '{"nodes":[{"id":null},{"__typename":"Thing","id":"1"}]}',
    '{"nodes":[null,{"id":"1"}]}',
    [['nodes', 0, 'id']],
  ],
])('answers %s from %s with null around what may not be null', (query, data, text, faults) => {
  expect(answer(query, data)).toEqual({ text, faults, written: undefined })
})

it('lets an ID be a number, as the subgraph gives it', () => {
  expect(answer('{ id }', '{"id":7}')).toMatchObject({ text: '{"id":7}', faults: [] })
})

it.each([
  Number.NaN,
  Number.POSITIVE_INFINITY,
])('gives null for %d, which JSON has no way to write', value => {
  expect(answer('{ float int }', { float: value, int: value })).toEqual({
    text: '{"float":null,"int":null}',
    faults: [['float'], ['int']],
    written: undefined,
  })
})

it('answers introspection beside data, with arguments, directives, fragments and variables', () => {
  const query = `query ($name: String!, $no: Boolean!) {
    int kind: __type(name: $name) { ...Kind } __type(name: "Nothing") { name }
    gone: __schema @skip(if: $no) { queryType { name } }
  }
  fragment Kind on __Type { kind ...Name }
  fragment Name on __Type { name @skip(if: $no) }`
  const { text } = answer(query, '{"int":1}', { name: 'Level', no: true })
  expect(text).toBe('{"int":1,"kind":{"kind":"ENUM"},"__type":null}')
})

it('completes a long list by a few looks at each of its elements', () => {
  const count = 20_000
  let reads = 0
  const nodes = Array.from({ length: count }, (_, index) => ({
    get id() {
      reads += 1
      return index === count - 1 ? 1.5 : `${index}`
    },
  }))
  expect(answer('{ nodes { id } }', { nodes }).faults).toEqual([['nodes', count - 1, 'id']])
  expect(reads).toBeLessThanOrEqual(3 * count)
})

it('leaves operations of more than 500 shapes to be completed', () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'id' : `a: node { ${nested(depth - 1)} } b: node { ${nested(depth - 1)} }`
  const writerOf = (depth: number) =>
    generateJsonWriter(schema, operationOn(`{ node { ${nested(depth)} } }`).shape)
  expect(writerOf(2)).toBeDefined()
  expect(writerOf(6)).toBeUndefined()
})
