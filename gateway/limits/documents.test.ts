import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createDocuments } from './documents.ts'

const settings = {
  MAX_TOKENS: 2_000,
  MAX_ROOT_FIELDS: 20,
  MAX_ALIASES: 30,
  MAX_DIRECTIVES: 10,
  MAX_DEPTH: 12,
  MAX_SELECTIONS: 1_000,
}
const { parse } = createDocuments(settings)

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')
const nested = (count: number, open: string, close: string, inside = '') =>
  `${open.repeat(count)}${inside}${close.repeat(count)}`
const chain = (count: number, around: (next: string) => string) =>
  times(
    count,
    index => `fragment F${index} on Q { ${index === count - 1 ? 'x' : around(`...F${index + 1}`)} }`,
  )

/** What a document is refused for, with its figures; undefined if it is not. */
const refusalOf = (document: string, { parse: read } = { parse }) => {
  try {
    read(document)
    return undefined
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { code, limit, allowed, found, http } = error.extensions
    expect(http).toEqual({ status: 400 })
    if (code === 'GRAPHQL_PARSE_FAILED') return error.message
    expect(code).toBe('OPERATION_TOO_LARGE')
    expect(error.message).toContain(Number(allowed).toLocaleString('en'))
    return [limit, allowed, found].filter(figure => figure !== undefined).join(' ')
  }
}

describe('refuses a document that is past a limit, and says which limit with its figures', () => {
  it.each<[name: string, document: string, refusal: string | undefined]>([
    ['2,000 tokens', `{ a(b: [${'1 '.repeat(1_991)}]) }`, undefined],
    ['2,001 tokens', `{ a(b: [${'1 '.repeat(1_992)}]) }`, 'tokens 2000'],
    ['fields without end', `{ ${'a '.repeat(100_000)}`, 'tokens 2000'],
    ['variables', `query (${times(600, index => `$v${index}: Int`)}) { a }`, 'tokens 2000'],
    ['unused fragments', `{ a } ${times(300, index => `fragment F${index} on Q { a }`)}`, 'tokens 2000'],
    ['a literal of 240 KB', `{ a(b: "${'x'.repeat(240_000)}") }`, undefined],
    ['a block of 240 KB', `{ a(b: """${'x\n'.repeat(120_000)}""") }`, undefined],
    ['2,000 comments', `{ a } ${'#\n'.repeat(2_000)}`, undefined],
    ['2,001 comments', `{ a } ${'#\n'.repeat(2_001)}`, 'comments 2000'],
    ['blanks and commas', `{ a }${' ,\t\n'.repeat(60_000)}`, undefined],
    ['a byte order mark', '\uFEFF{ a }', undefined],

    ['a name of 200', `{ ${'a'.repeat(200)} }`, undefined],
    ['a name of 201', `{ ${'a'.repeat(201)} }`, 'name 200'],
    ['an operation with a long name', `query ${'a'.repeat(120_000)} { a }`, 'name 200'],
    ['an enum value with a long name', `{ a(b: ${'A'.repeat(201)}) }`, 'name 200'],

    ['20 root fields', `{ ${'a '.repeat(20)} }`, undefined],
    ['21 root fields', `{ ${'a '.repeat(21)} }`, 'rootFields 20 21'],
    ['21 mutations', `mutation { ${'a '.repeat(21)} }`, 'rootFields 20 21'],
    [
      'root fields in fragments',
      `{ ...F ...F ... { ...F } } fragment F on Q { ${'a '.repeat(7)} }`,
      'rootFields 20 21',
    ],
    ['fields that are not at the root', `{ a { ${'a '.repeat(200)} } }`, undefined],
    ['operations of 20 root fields', times(30, index => `query O${index} { ${'a '.repeat(20)} }`), undefined],

    ['30 aliases', `{ a { ${times(30, index => `a${index}: a`)} } }`, undefined],
    ['31 aliases', `{ a { ${times(31, index => `a${index}: a`)} } }`, 'aliases 30 31'],
    [
      'aliases of other depths',
      nested(11, 'x: a { y: a z: a ', '}', 'w: a').replace(/^/, '{').concat('}'),
      'aliases 30 34',
    ],
    [
      'aliases in a fragment',
      `{ a { ...F b { ...F } } } fragment F on Q { ${times(16, n => `a${n}: a`)} }`,
      'aliases 30 32',
    ],
    [
      'aliases in the second operation',
      `query A { a } query B { a { ${times(31, n => `a${n}: a`)} } }`,
      'aliases 30 31',
    ],

    ['10 directives', `{ a ${'@skip(if: true) '.repeat(10)} }`, undefined],
    ['11 directives', `{ a ${'@skip(if: true) '.repeat(11)} }`, 'directives 10 11'],
    [
      'directives in all places',
      `query ($a: Int @d @d @d) @d @d { a @d ... @d { a } ...F @d } fragment F on Q @d @d @d { a }`,
      'directives 10 11',
    ],
    ['directives that nobody knows', `{ a ${'@a'.repeat(600)} }`, 'directives 10 600'],

    ['12 levels', `{ ${nested(11, 'a {', '}', 'a')} }`, undefined],
    ['13 levels', `{ ${nested(12, 'a {', '}', 'a')} }`, 'depth 12 13'],
    ['levels by fragments', `{ a { ...F0 } } ${chain(13, next => `a { ${next} }`)}`, 'depth 12 14'],
    ['levels of inline fragments', `{ ${nested(40, '... {', '}', 'a')} }`, undefined],
    [
      'levels of introspection',
      `{ __schema { ${nested(20, 'a {', '}', 'a')} } __type(name: "Q") { ${nested(20, 'a {', '}', 'a')} } }`,
      undefined,
    ],

    ['selections by fragments', `{ ...F0 } ${chain(14, next => `a { ${next} } ${next}`)}`, 'depth 12 14'],
    [
      'doubling fragments',
      `{ a { ...F0 } } ${chain(21, next => `${next} ${next}`)}`,
      'selections 1000 3145728',
    ],
    [
      'doubling fragments without end',
      `{ a { ...F0 } } ${chain(90, next => `${next} ${next} ${next} ${next}`)}`,
      'selections 1000 9007199254740991',
    ],

    ['100 brackets', `{ a(b: ${nested(98, '[', ']')}) }`, undefined],
    ['101 brackets', `{ a(b: ${nested(99, '[', ']')}) }`, 'nesting 100'],
    ['fields that never close', '{a'.repeat(100_000), 'nesting 100'],
    ['inline fragments', `{ ${nested(2_000, '... {', '}', 'a')} }`, 'nesting 100'],
    ['lists without end', `{ a(b: ${'['.repeat(100_000)}`, 'nesting 100'],
    ['objects without end', `{ a(b: ${'{a:'.repeat(60_000)}`, 'nesting 100'],
    ['types without end', `query ($a: ${nested(100_000, '[', ']', 'Int')}) { a }`, 'nesting 100'],
    ['arguments without end', '{ a'.concat('('.repeat(100_000)), expect.stringContaining('Syntax Error')],
    ['brackets that only close', ']'.repeat(100_000), expect.stringContaining('Syntax Error')],

    ['a fragment in itself', '{ ...F } fragment F on Q { a { ...F } }', undefined],
    [
      'fragments in a circle',
      '{ ...F } fragment F on Q { ...G ...G } fragment G on Q { b: a { ...F ...G } }',
      undefined,
    ],
    ['a fragment that is missing', '{ ...F }', undefined],
    ['no document', '', 'Syntax Error: Unexpected <EOF>.'],
    ['no GraphQL', 'SELECT 1', expect.stringContaining('Syntax Error')],
  ])('%s', (_name, document, refusal) => {
    expect(refusalOf(document)).toEqual(refusal)
  })

  it('however long a chain of fragments is that many tokens allow', () => {
    const documents = createDocuments({ ...settings, MAX_TOKENS: 100_000 })
    const refusal = (document: string) => refusalOf(document, documents)
    expect(refusal(`{ ...F0 } ${chain(99, next => next)}`)).toBeUndefined()
    expect(refusal(`{ ...F0 } ${chain(100, next => next)}`)).toBe('nesting 100')
    expect(refusal(`{ ...F0 } ${chain(10_000, next => next)}`)).toBe('nesting 100')
    expect(refusal(`{ ...F0 } ${chain(40, next => `... { ... { ${next} } }`)}`)).toBe('nesting 100')
    expect(refusal(`{ a } ${chain(150, next => next)}`)).toBe('nesting 100')
    const backwards = times(
      150,
      index => `fragment F${150 - index} on Q { ${index === 0 ? 'a' : `...F${151 - index}`} }`,
    )
    expect(refusal(`{ a } ${backwards}`)).toBe('nesting 100')
  })
})
