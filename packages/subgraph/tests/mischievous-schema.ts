import { readFileSync } from 'node:fs'
import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  responsePathAsArray,
} from 'graphql'
import { createRandom } from '../../../testbed/random.ts'
import { limitRepresentations, resolveEqualOnce } from '../entities.ts'
import { dateScalar, dateTimeScalar, safeIntScalar } from '../scalars.ts'

/** The context of one execution. */
export type Mischief = {
  /** What the resolvers do follows from it, and from their place in the answer. */
  readonly seed: string
  /** The share of the values with which something is wrong. */
  readonly share: number
  readonly viewer: { readonly kind: 'anonymous' }
  /** What the resolvers were called with, and when what they promised came. */
  readonly events: string[]
}

/** The schema of a service, with resolvers that give values and promises, and also fail and lie. */
export const mischievousSchema = (service: string): GraphQLSchema => {
  const sdl = readFileSync(new URL(`../../../subgraphs/${service}/schema.graphql`, import.meta.url), 'utf8')
  const schema = buildSubgraphSchema({
    typeDefs: parse(sdl),
    resolvers: { Date: dateScalar, DateTime: dateTimeScalar, SafeInt: safeIntScalar },
  })
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('_')) continue
    if (isObjectType(type)) resolveSome(schema, type)
    if (isAbstractType(type) && createRandom(type.name).chance(0.5)) type.resolveType = typeNameOf
  }
  for (const name of ['Query', 'Mutation']) {
    const type = schema.getType(name)
    if (isObjectType(type)) resolveSome(schema, type, 1)
  }
  const entity = schema.getType('_Entity')
  if (isUnionType(entity)) for (const type of entity.getTypes()) resolveReferences(schema, type)
  resolveEqualOnce(schema)
  limitRepresentations<Mischief>(schema)
  return schema
}

/** Gives a share of a type's fields a resolver. */
const resolveSome = (schema: GraphQLSchema, type: GraphQLObjectType, share = 0.5): void => {
  for (const field of Object.values(type.getFields())) {
    if (field.name.startsWith('_') || !createRandom(`${type.name}.${field.name}`).chance(share)) continue
    field.resolve = createResolve(schema, field.type)
  }
}

const createResolve =
  (schema: GraphQLSchema, type: GraphQLOutputType) =>
  (source: unknown, args: object, mischief: Mischief, info: GraphQLResolveInfo): unknown => {
    const place = responsePathAsArray(info.path).join('.')
    const told = [
      info.parentType,
      info.fieldName,
      info.returnType,
      info.fieldNodes.length,
      info.path.typename,
    ]
    const rest = [Object.keys(info), Object.keys(info.fragments), info.operation.name?.value, info.rootValue]
    const given = [typeof source, JSON.stringify(args), JSON.stringify(info.variableValues)]
    mischief.events.push(['resolve', place, ...told, ...rest, ...given].join(' '))
    return make(schema, type, mischief, place)
  }

const resolveReferences = (schema: GraphQLSchema, type: GraphQLObjectType): void => {
  const resolveReference = (reference: object, mischief: Mischief, info: GraphQLResolveInfo): unknown => {
    const place = `${responsePathAsArray(info.path).join('.')} ${JSON.stringify(reference)}`
    mischief.events.push(`refer ${place}`)
    return make(schema, type, mischief, place)
  }
  Object.assign(type, { extensions: { apollo: { subgraph: { resolveReference } } } })
}

const typeNameOf = (
  value: unknown,
  { seed, events }: Mischief,
  info: GraphQLResolveInfo,
  type: GraphQLAbstractType,
) => {
  const { __typename: name } = Object(value)
  events.push(`type ${responsePathAsArray(info.path).join('.')} ${type} ${name}`)
  return createRandom(`${seed} ${name}`).chance(0.3) ? Promise.resolve(name) : name
}

/** A value, a promise of it, or something else. */
const make = (schema: GraphQLSchema, type: GraphQLOutputType, mischief: Mischief, place: string): unknown => {
  const random = createRandom(`${mischief.seed} ${place}`)
  const settle = () => {
    if (!random.chance(mischief.share)) return makeWell(schema, type, mischief, place)
    return random.pick(misdeeds)(place)
  }
  if (!random.chance(0.3)) return settle()
  const promise = later(random.integer(0, 4), () => {
    mischief.events.push(`settle ${place}`)
    return settle()
  })
  // biome-ignore lint/suspicious/noThenProperty: promises of other libraries are objects that have it
  return random.chance(0.1) ? { then: promise.then.bind(promise) } : promise
}

const later = async <T>(ticks: number, settle: () => T): Promise<T> => {
  for (let tick = 0; tick < ticks; tick += 1) await undefined
  return settle()
}

const misdeeds: readonly [(place: string) => unknown, ...((place: string) => unknown)[]] = [
  () => null,
  () => undefined,
  place => {
    throw new TypeError(`lost at ${place}`)
  },
  place => {
    throw new GraphQLError(`Not for you: ${place}.`, {
      extensions: { code: 'FORBIDDEN', http: { status: 403 } },
    })
  },
  () => {
    throw 'a text'
  },
  () => {
    throw Object.assign(new Error('with a path'), { path: ['elsewhere', 0] })
  },
  place => new Error(`given at ${place}`),
  place => Promise.reject(new Error(`rejected at ${place}`)),
  () => Number.NaN,
  () => 1e300,
  () => 'a text',
  () => true,
  () => [],
  () => [1, null, 'a'],
  () => ({}),
  () => ({ __typename: 'Nothing' }),
  () => ({ __typename: 'Failure' }),
  () => ({ __typename: 'Query' }),
  () => ({ __typename: 7 }),
  () => () => 'called',
  () => new Date(Number.NaN),
]

const makeWell = (
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  mischief: Mischief,
  place: string,
): unknown => {
  const random = createRandom(`${mischief.seed} well ${place}`)
  if (isNonNullType(type)) return makeWell(schema, type.ofType, mischief, place)
  if (isListType(type)) {
    const items = Array.from({ length: random.integer(0, 3) }, (_, index) =>
      make(schema, type.ofType, mischief, `${place}.${index}`),
    )
    return random.chance(0.1) ? new Set(items) : items
  }
  if (isEnumType(type)) return random.pick([type.getValues()[0]?.value, type.getValues().at(-1)?.value])
  if (isObjectType(type)) return sourceOf(schema, type, mischief, place)
  if (isAbstractType(type)) {
    const [possible] = random.shuffled(schema.getPossibleTypes(type))
    return possible && sourceOf(schema, possible, mischief, place)
  }
  return random.pick(leaves[type.name] ?? ['text', 'é "\\\n', '', 7])
}

const leaves: Readonly<Record<string, [unknown, ...unknown[]]>> = {
  Int: [0, -7, 12],
  Float: [0.5, -1e21],
  SafeInt: [0, Number.MAX_SAFE_INTEGER],
  Boolean: [true, false],
  DateTime: [new Date(0), '2026-03-01T10:00:00Z'],
  Date: ['2026-03-01'],
}

/** An object whose fields are made when they are read; some are methods. */
const sourceOf = (
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  mischief: Mischief,
  place: string,
): object => {
  const source = { __typename: type.name }
  for (const field of Object.values(type.getFields())) {
    const isMethod = createRandom(`${mischief.seed} method ${field.name}`).chance(0.2)
    const method = (args: object, given: Mischief, info: GraphQLResolveInfo) =>
      createResolve(schema, field.type)(source, args, given, info)
    Object.defineProperty(source, field.name, {
      get: () => (isMethod ? method : make(schema, field.type, mischief, `${place}.${field.name}`)),
    })
  }
  return source
}
