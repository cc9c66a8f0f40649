import { readFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { type GraphQLClient, signIn } from '../../testbed/graphql-client.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const api = buildSchema(readFileSync('schema/api.graphql', 'utf8'))
const uuid = '01890000-0000-7000-8000-000000000000'
const cursor = (...values: readonly unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url')

/** Values that some part of the way to the database could not take. */
const texts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00 half',
  '\uffff',
  'İstanbul ﷽ 👨‍👩‍👧‍👦',
  '\u202edrowssap',
  "'; drop table users; --",
  '%_\\',
  'x'.repeat(100_000),
  uuid.toUpperCase(),
  uuid.replaceAll('-', ''),
  `{${uuid}}`,
  `urn:uuid:${uuid}`,
  `${uuid} `,
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '9223372036854775808',
  cursor(),
  cursor(null),
  cursor('\0'),
  cursor('\ud800'),
  cursor(2_147_483_648),
  cursor(-1),
  cursor(1.5),
  cursor(1e308),
  cursor(uuid, uuid),
  cursor('NEWEST', '+275760-09-13T00:00:00.000Z', uuid),
  cursor('NEWEST', '2026-02-30T00:00:00.000Z', uuid),
  cursor('NEWEST', '9999-12-31T23:59:59.999Z', uuid),
  cursor('NAME', '\0', uuid),
  cursor('NAME', '\ud800', uuid),
  cursor('PRICE_ASC', 2 ** 53, uuid),
  cursor('RELEVANCE', -1e300, uuid),
  cursor('RELEVANCE', 1e308, uuid),
  Buffer.from('[[[['.repeat(10_000)).toString('base64url'),
]
const valuesOf: Readonly<Record<string, readonly unknown[]>> = {
  String: texts,
  ID: [...texts, 0, -1, 2_147_483_647],
  Int: [0, -1, -2_147_483_648, 2_147_483_647],
  SafeInt: [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  Date: ['0001-01-01', '9999-12-31', '0000-01-01', '2026-02-30', '+275760-09-13', '\0'],
  DateTime: [
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '0000-01-01T00:00:00Z',
    '2016-12-31T23:59:60Z',
  ],
}

const sample = (type: GraphQLInputType): unknown => {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return [sample(nullable.ofType)]
  if (isInputObjectType(nullable))
    return Object.fromEntries(
      Object.values(nullable.getFields()).map(field => [field.name, sample(field.type)]),
    )
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name
  const samples: Readonly<Record<string, unknown>> = {
    String: 'text',
    ID: uuid,
    Int: 1,
    SafeInt: 1,
    Boolean: true,
    Date: '2026-03-01',
    DateTime: '2026-03-01T00:00:00Z',
  }
  return samples[nullable.toString()]
}

/** A value of the type for each value that one of its leaves could have; the other leaves have usual ones. */
const variants = (type: GraphQLInputType): readonly unknown[] => {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return variants(nullable.ofType).map(value => [value])
  if (isInputObjectType(nullable)) {
    const usual = Object(sample(nullable))
    return Object.values(nullable.getFields()).flatMap(field =>
      variants(field.type).map(value => ({ ...usual, [field.name]: value })),
    )
  }
  return isLeafType(nullable) ? (valuesOf[getNamedType(nullable).name] ?? []) : []
}

/** Where fields with arguments are, besides the roots. */
const nested: readonly { readonly type: string; readonly inside: (field: string) => string }[] = [
  { type: 'User', inside: field => `query (ARGS) { me { ${field} } }` },
  {
    type: 'SalesSummary',
    inside: field => `query (ARGS) { salesSummary(from: "2026-03-01", to: "2026-03-02") { ${field} } }`,
  },
]

/** What a field gives, and the names of what its fields give, so that all of them are resolved. */
const selectionOf = (type: GraphQLNamedType): string => {
  if (isLeafType(type)) return ''
  const fields = isObjectType(type) ? Object.values(type.getFields()) : []
  const inside = fields
    .filter(({ args }) => !args.some(isRequiredArgument))
    .map(({ name, type }) => `${name} ${isLeafType(getNamedType(type)) ? '' : '{ __typename }'}`)
  return `{ __typename ${inside.join(' ')} }`
}

type Case = { readonly name: string; readonly query: string; readonly variables: object }

const casesOf = (type: string, inside: (field: string) => string): readonly Case[] => {
  const definition = api.getType(type)
  const fields = isObjectType(definition) ? Object.values(definition.getFields()) : []
  return fields.flatMap(field => {
    const { args } = field
    if (args.length === 0) return []
    const call = `${field.name}(${args.map(({ name }) => `${name}: $${name}`).join(', ')}) ${selectionOf(getNamedType(field.type))}`
    const declared = args.map(({ name, type }) => `$${name}: ${type}`).join(', ')
    const usual = Object.fromEntries(
      args
        .filter(({ name }) => name !== 'after' && name !== 'sku')
        .map(({ name, type }) => [name, sample(type)]),
    )
    return args.flatMap(arg =>
      variants(arg.type).map(value => ({
        name: `${type}.${field.name} ${JSON.stringify({ [arg.name]: value }).slice(0, 300)}`,
        query: inside(call).replace('ARGS', declared),
        variables: { ...usual, ...(arg.name === 'sku' && { id: undefined }), [arg.name]: value },
      })),
    )
  })
}

const cases = [
  ...casesOf('Query', field => `query (ARGS) { ${field} }`),
  ...casesOf('Mutation', field => `mutation (ARGS) { ${field} }`),
  ...nested.flatMap(({ type, inside }) => casesOf(type, inside)),
]
const subscriptions = casesOf('Subscription', field => `subscription (ARGS) { ${field} }`)

const faults = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'SERVICE_TIMEOUT', undefined]
let system: System
let admin: GraphQLClient

export const describeValues = (systemOf: () => System): void => {
  describe('values of all kinds', () => {
    beforeAll(async () => {
      system = systemOf()
      admin = await signIn(system.urlOf('gateway'), { email: 'admin@example.com', password: demoPassword })
    })

    it('blames no part of itself for a value, wherever a client may put one', async () => {
      expect(cases.length).toBeGreaterThan(1_000)
      const blamed: string[] = []
      for (let index = 0; index < cases.length; index += 8)
        await Promise.all(
          cases.slice(index, index + 8).map(async ({ name, query, variables }) => {
            const { errors = [] } = await admin.ask(query, variables)
            const fault = errors.find(({ extensions }) => faults.includes(extensions?.code))
            if (fault !== undefined) blamed.push(`${name}: ${JSON.stringify(fault)}`)
          }),
        )
      expect(blamed).toEqual([])
    })

    it('blames no part of itself for a value of a subscription', { timeout: 240_000 }, async () => {
      const blamed: string[] = []
      const patience = () => new Promise<undefined>(resolve => setTimeout(resolve, 7_000))
      await Promise.all(
        subscriptions.map(async ({ name, query, variables }) => {
          const watching = admin.watch(query, variables)
          const answer = await Promise.race([watching.answer(1).catch(String), patience()])
          const said = JSON.stringify(answer) ?? ''
          if (faults.some(code => code !== undefined && said.includes(code))) blamed.push(`${name}: ${said}`)
          await watching.stop()
        }),
      )
      expect(blamed).toEqual([])
    })
  })
}
