import {
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'
import { type Amount, greatest, sum } from './amount.ts'
import type { ListSize, Weights } from './weights.ts'

type Field = GraphQLField<unknown, unknown>

/** What a scalar costs, passed in or asked for. */
export const leafCost = 0.1
const inputObjectCost = 1
const assumedListSize = 10

/** How many elements a field returns with the arguments that it is given. */
export const sizeOf = ({ args }: Field, node: FieldNode, listSize: ListSize | undefined): Amount => {
  const { slicingArguments = [], assumedSize } = listSize ?? {}
  const sizes = slicingArguments.flatMap((name): readonly Amount[] => {
    const fallback = countIn(args.find(argument => argument.name === name)?.defaultValue)
    const given = node.arguments?.find(argument => argument.name.value === name)
    if (given === undefined) return fallback === undefined ? [] : [fallback]
    return [measured(given.value, value => countIn(value) ?? fallback ?? assumedSize ?? assumedListSize)]
  })
  return sizes.length === 0 ? (assumedSize ?? assumedListSize) : greatest(sizes)
}

/** What the arguments of a field cost: 1 for each object, 0.1 for each scalar in them, or what `@cost` says. */
export const costOfArguments = (
  { args }: Field,
  node: FieldNode,
  coordinate: string,
  costs: Weights['costs'],
): Amount => {
  const ofValue = (type: GraphQLInputType, value: unknown, own: number | undefined): number => {
    if (value === undefined || value === null) return 0
    const nullable = getNullableType(type)
    if (isListType(nullable)) {
      const elements = Array.isArray(value) ? value : [value]
      return elements.reduce<number>((total, element) => total + ofValue(nullable.ofType, element, own), 0)
    }
    const cost = own ?? costs.get(nullable.name)
    if (!isInputObjectType(nullable)) return cost ?? leafCost
    const values = new Map(typeof value === 'object' ? Object.entries(value) : [])
    return Object.values(nullable.getFields()).reduce(
      (total, { name, type }) =>
        total + ofValue(type, values.get(name), costs.get(`${nullable.name}.${name}`)),
      cost ?? inputObjectCost,
    )
  }

  return sum(
    (node.arguments ?? []).map(({ name, value }) => {
      const argument = args.find(argument => argument.name === name.value)
      if (argument === undefined) return 0
      const own = costs.get(`${coordinate}(${name.value}:)`)
      return measured(value, given => ofValue(argument.type, given, own))
    }),
  )
}

/** What `measure` makes of a value; at once if there is no variable in it. */
const measured = (value: ValueNode, measure: (value: unknown) => number): Amount =>
  hasVariable(value)
    ? variables => measure(valueFromASTUntyped(value, variables))
    : measure(valueFromASTUntyped(value))

const hasVariable = (value: ValueNode): boolean => {
  switch (value.kind) {
    case Kind.VARIABLE:
      return true
    case Kind.LIST:
      return value.values.some(hasVariable)
    case Kind.OBJECT:
      return value.fields.some(field => hasVariable(field.value))
    default:
      return false
  }
}

/** n.b. what is no page size is the default for the subgraph too, or it is refused there. */
const countIn = (value: unknown): number | undefined =>
  typeof value === 'number' ? Math.max(value, 0) : undefined
