import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
  parse,
  validate,
} from 'graphql'
import type { Random } from './random.ts'

/** An operation with its variables. */
export type Generated = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> }

type Variable = { readonly type: string; readonly value: unknown }
type Writing = {
  readonly random: Random
  readonly schema: GraphQLSchema
  readonly variables: Map<string, Variable>
  readonly fragments: string[]
  readonly directives: number
  aliases: number
}

const maxDepth = 5
const sharedAliases = ['x', 'y'] as const

/**
 * Writes a valid operation that is always the same for the same source of random choices; `directives` is the share of
 * selections that have one.
 */
export const generateOperation = (random: Random, schema: GraphQLSchema, directives = 0.12): Generated => {
  for (let attempt = 0; ; attempt += 1) {
    const generated = write(random.fork(`attempt ${attempt}`), schema, directives)
    // n.b. Half of them do not use a variable that they define, and a validation takes 4 ms.
    if (usesVariables(generated) && isValid(schema, generated)) return generated
  }
}

const usesVariables = ({ query, variables }: Generated): boolean =>
  Object.keys(variables).every(name => query.split(new RegExp(`\\$${name}\\b`)).length > 2)

const isValid = (schema: GraphQLSchema, { query }: Generated): boolean =>
  validate(schema, parse(query), undefined, { maxErrors: 1 }).length === 0

const write = (random: Random, schema: GraphQLSchema, directives: number): Generated => {
  const writing: Writing = { random, schema, variables: new Map(), fragments: [], directives, aliases: 0 }
  const mutation = schema.getMutationType()
  const isMutation = mutation != null && random.chance(0.15)
  const root = isMutation ? mutation : schema.getQueryType()
  if (root == null) throw new Error('the schema has no queries')
  const introspection = !isMutation && random.chance(0.04) ? ' __type(name: "Query") { kind name }' : ''
  const selections = `{ ${fieldsOf(writing, root, 0)}${introspection} }`
  const definitions = [...writing.variables].map(([name, { type }]) => `$${name}: ${type}`)
  const head = `${isMutation ? 'mutation' : 'query'} Generated${definitions.length === 0 ? '' : `(${definitions.join(' ')})`}`
  return {
    query: [`${head} ${selections}`, ...writing.fragments].join('\n'),
    variables: Object.fromEntries(
      [...writing.variables].flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])),
    ),
  }
}

const selectionsOf = (writing: Writing, type: GraphQLNamedType, depth: number): string =>
  `{ ${isUnionType(type) ? fragmentsOf(writing, type, depth, 1) : fieldsOf(writing, type, depth)} }`

const fieldsOf = (writing: Writing, type: GraphQLNamedType, depth: number): string => {
  const { random } = writing
  if (!('getFields' in type) || isInputObjectType(type)) return '__typename'
  const all = Object.values(type.getFields()).filter(
    field => depth < maxDepth || !isCompositeType(getNamedType(field.type)),
  )
  const fields = random.shuffled(all).slice(0, random.integer(1, 4))
  const parts = fields.map(field => fieldText(writing, field, depth))
  if (random.chance(0.2) || fields.length === 0) parts.push('__typename')
  if (random.chance(isAbstractType(type) ? 0.7 : 0.15)) parts.push(fragmentsOf(writing, type, depth, 0))
  return parts.join(' ')
}

const fragmentsOf = (writing: Writing, type: GraphQLNamedType, depth: number, least: number): string => {
  const { random, schema } = writing
  const possible = isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [type]
  const chosen = random.shuffled(possible).slice(0, random.integer(Math.max(1, least), 3))
  const texts = chosen.map(each => {
    const above: GraphQLNamedType[] = isObjectType(each) ? [...each.getInterfaces()] : []
    const [first = each] = random.chance(0.2) ? random.shuffled(above) : []
    const inside = `${directiveText(writing)}{ ${fieldsOf(writing, first, depth)} }`
    if (!random.chance(0.3)) return `... on ${first.name} ${inside}`
    const name = `F${writing.fragments.length}`
    // n.b. the place is taken before the fragments inside it take theirs
    writing.fragments.push(`fragment ${name} on ${first.name} { ${fieldsOf(writing, first, depth)} }`)
    return `...${name}${directiveText(writing)}`
  })
  return [...texts, ...(random.chance(0.4) ? ['__typename'] : [])].join(' ')
}

const fieldText = (writing: Writing, field: GraphQLField<unknown, unknown>, depth: number): string => {
  const { random } = writing
  const given = field.args
    .filter(argument => isRequiredArgument(argument) || random.chance(0.5))
    .map(argument => `${argument.name}: ${argumentText(writing, argument)}`)
  const args = given.length === 0 ? '' : `(${given.join(' ')})`
  const type = getNamedType(field.type)
  const inside = isCompositeType(type) ? ` ${selectionsOf(writing, type, depth + 1)}` : ''
  return `${aliasText(writing, args !== '')}${field.name}${args} ${directiveText(writing)}${inside}`
}

/** n.b. fields with arguments need names of their own, or most operations would be in conflict with themselves */
const aliasText = (writing: Writing, isNeeded: boolean): string => {
  if (writing.random.chance(0.05)) return `${writing.random.pick(sharedAliases)}: `
  if (!isNeeded && !writing.random.chance(0.15)) return ''
  writing.aliases += 1
  return `a${writing.aliases}: `
}

const directiveText = (writing: Writing): string => {
  const { random, directives } = writing
  if (!random.chance(directives)) return ''
  // n.b. with a literal, the planner leaves out what the gateway, which plans for all literals at once, may have to fetch
  const condition = variableText(writing, 'Boolean!', random.chance(0.5))
  return `@${random.pick(['skip', 'include'])}(if: ${condition}) `
}

const argumentText = (writing: Writing, { type, defaultValue }: GraphQLArgument): string => {
  const { random } = writing
  const value = inputOf(writing, type, 0)
  if (!random.chance(0.5)) return literalOf(value, type)
  const isOmitted = !isNonNullType(type) && defaultValue === undefined && random.chance(0.2)
  return variableText(writing, String(type), isOmitted ? undefined : value)
}

const variableText = ({ variables }: Writing, type: string, value: unknown): string => {
  const name = `v${variables.size}`
  variables.set(name, { type, value })
  return `$${name}`
}

const inputOf = (writing: Writing, type: GraphQLInputType, depth: number): unknown => {
  const { random } = writing
  if (isNonNullType(type)) return inputOf(writing, type.ofType, depth)
  if (isListType(type))
    return Array.from(
      { length: random.integer(0, 3) },
      () => inputOf(writing, type.ofType, depth + 1) ?? null,
    )
  if (isInputObjectType(type)) return objectOf(writing, Object.values(type.getFields()), depth)
  if (isEnumType(type)) return random.shuffled(type.getValues())[0]?.name
  if (type.name === '_Any') return representationOf(writing)
  return scalarOf(random, type.name)
}

const representationOf = ({ random, schema }: Writing): unknown => {
  const entity = schema.getType('_Entity')
  const [type] = random.shuffled(isUnionType(entity) ? entity.getTypes() : [])
  return { __typename: type?.name, id: scalarOf(random, 'ID') }
}

const objectOf = (
  writing: Writing,
  fields: readonly { readonly name: string; readonly type: GraphQLInputType }[],
  depth: number,
): Record<string, unknown> => {
  const given = fields.filter(({ type }) => isNonNullType(type) || (depth < 3 && writing.random.chance(0.5)))
  return Object.fromEntries(
    given.map(({ name, type }) => [
      name,
      !isNonNullType(type) && writing.random.chance(0.1) ? null : inputOf(writing, type, depth + 1),
    ]),
  )
}

const scalarOf = (random: Random, type: string): unknown => {
  switch (type) {
    case 'Int':
    case 'SafeInt':
      return random.integer(1, 5)
    case 'Float':
      return random.integer(1, 50) / 4
    case 'Boolean':
      return random.chance(0.5)
    case 'DateTime':
      return `2026-0${random.integer(1, 9)}-1${random.integer(0, 9)}T00:00:00.000Z`
    case 'Date':
      return `2026-0${random.integer(1, 9)}-1${random.integer(0, 9)}`
    default:
      return `${random.pick(['a', 'ü', '"q" \\', 'long text'])}-${random.integer(0, 20)}`
  }
}

const literalOf = (value: unknown, type: GraphQLInputType): string => {
  const inner = isNonNullType(type) ? type.ofType : type
  if (value == null) return 'null'
  if (Array.isArray(value)) {
    const element = isListType(inner) ? inner.ofType : inner
    return `[${value.map(each => literalOf(each, element)).join(', ')}]`
  }
  if (isInputObjectType(inner) && typeof value === 'object') {
    const fields = inner.getFields()
    const entries = Object.entries(value).flatMap(([name, each]) => {
      const field = fields[name]
      return field === undefined || each === undefined ? [] : [`${name}: ${literalOf(each, field.type)}`]
    })
    return `{${entries.join(', ')}}`
  }
  if (isEnumType(inner)) return String(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value).map(([name, each]) => `${name}: ${JSON.stringify(each)}`)}}`
}
