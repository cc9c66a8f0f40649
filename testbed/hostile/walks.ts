import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { type Context, type Family, operation } from './payload.ts'

type Walk = Context & {
  readonly schema: GraphQLSchema
  readonly depth: number
  readonly pageSize: number
  /** How many more fields the document may have. */
  fields: number
  aliases: number
}

// n.b. It would end the session with which the other documents are sent.
const avoided = ['logoutEverywhere']

/** Random documents that are valid, with so many fields; `widest` of them ask for everything that there is. */
export const createWalks = (schema: GraphQLSchema) => {
  const begin = (fields: number, context: Context): Walk => ({
    ...context,
    schema,
    fields,
    depth: context.random.integer(2, 11),
    pageSize: context.random.pick([1, 5, 20, 50, 100]),
    aliases: context.random.integer(0, 30),
  })
  const walk =
    (keyword: 'query' | 'mutation', rootOf: () => GraphQLObjectType | null | undefined): Family =>
    (count, context) => {
      const root = rootOf()
      const going = begin(count, context)
      return operation(`${keyword} { ${root ? selectionOf(root, going, 0) : ''} }`)
    }
  const subscription: Family = (count, context) => {
    const going = begin(count, context)
    const field = context.random.pick(picked(schema.getSubscriptionType()))
    return operation(`subscription { ${fieldOf(field, going, 0)} }`)
  }
  return {
    'a walk through queries': walk('query', () => schema.getQueryType()),
    'a walk through mutations': walk('mutation', () => schema.getMutationType()),
    'a walk through subscriptions': subscription,
  } satisfies Record<string, Family>
}

type Field = GraphQLField<unknown, unknown>

const picked = (type: GraphQLObjectType | null | undefined): readonly [Field, ...Field[]] => {
  const [first, ...others] = Object.values(type?.getFields() ?? {})
  if (first === undefined) throw new Error('the schema has a root type without fields')
  return [first, ...others]
}

const selectionOf = (type: GraphQLNamedOutputType, walk: Walk, depth: number): string => {
  if (isAbstractType(type)) {
    const members = walk.random.shuffled(walk.schema.getPossibleTypes(type))
    return `__typename ${members.map(member => `... on ${member.name} { ${selectionOf(member, walk, depth)} }`).join(' ')}`
  }
  if (!isObjectType(type)) return ''
  const fields = walk.random.shuffled(Object.values(type.getFields()))
  const chosen: string[] = ['__typename']
  for (const field of fields) {
    if (walk.fields <= 0) break
    if (depth === 0 && avoided.includes(field.name)) continue
    const isLeaf = isLeafType(getNamedType(field.type))
    if (!isLeaf && depth >= walk.depth) continue
    chosen.push(fieldOf(field, walk, depth))
    while (walk.aliases > 0 && walk.fields > 0 && walk.random.chance(isLeaf ? 0.02 : 0.2)) {
      walk.aliases -= 1
      chosen.push(`a${walk.aliases}: ${fieldOf(field, walk, depth)}`)
    }
  }
  return chosen.join(' ')
}

const fieldOf = (field: Field, walk: Walk, depth: number): string => {
  walk.fields -= 1
  const given = field.args.flatMap(argument => {
    if (argument.name === 'first') return [`first: ${walk.pageSize}`]
    if (argument.name === 'id') return [`id: ${literalOf(argument.type, walk, 0)}`]
    return isRequiredArgument(argument) ? [`${argument.name}: ${literalOf(argument.type, walk, 0)}`] : []
  })
  const type = getNamedType(field.type)
  const inside = isLeafType(type) ? '' : ` { ${selectionOf(type, walk, depth + 1)} }`
  return `${field.name}${given.length === 0 ? '' : `(${given.join(', ')})`}${inside}`
}

const maxInputDepth = 4

const literalOf = (type: GraphQLInputType, walk: Walk, depth: number): string => {
  const { random, targets } = walk
  if (isNonNullType(type)) return literalOf(type.ofType, walk, depth)
  if (isListType(type)) return `[${literalOf(type.ofType, walk, depth)}]`
  if (isEnumType(type)) return random.shuffled(type.getValues())[0]?.name ?? 'null'
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      field => isRequiredInputField(field) || (depth < maxInputDepth && random.chance(0.2)),
    )
    return `{ ${fields.map(({ name, type: of }) => `${name}: ${literalOf(of, walk, depth + 1)}`).join(', ')} }`
  }
  if (type.name === 'ID') return JSON.stringify(random.pick([...targets.orderIds, ...targets.productIds]))
  if (type.name === 'Boolean') return String(random.chance(0.5))
  if (type.name === 'String')
    return JSON.stringify(random.pick(['mug', '', 'EUR', 'a'.repeat(300), 'x@example.com']))
  if (type.name === 'Int') return String(random.pick([0, 1, -1, 100, 2_147_483_647]))
  return JSON.stringify(random.pick(['2026-01-01', '2026-02-30', '2026-01-01T00:00:00Z', '']))
}
