import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql'
import { isSelected } from '../authorization/refusals.ts'
import { conditionsIn, fragmentsOf, keyOf } from '../authorization/selections.ts'
import { type Amount, greatest, sum, times, type Values } from './amount.ts'
import { costOfArguments, leafCost, sizeOf } from './inputs.ts'
import type { Weights } from './weights.ts'

/** A valid operation and the document that has its fragments. */
export type Costly = { readonly document: DocumentNode; readonly operation: OperationDefinitionNode }

/** What an operation costs with these values of its variables, its defaults among them. */
export type CostOf = (operation: Costly, variables: Values) => number

type Field = GraphQLField<unknown, unknown>
/** A node of an operation, and whether (1 or 0) `@skip` and `@include` leave it there. */
type Placed<N> = { readonly node: N; readonly isIncluded: Amount }
/** All that an object selects under one name of the answer; equal names have equal arguments. */
type Selected = {
  readonly parent: GraphQLCompositeType
  readonly field: Field
  readonly nodes: [Placed<FieldNode>, ...Placed<FieldNode>[]]
}
/** The sizes of an object's lists, by field, as far as the arguments of the field that returns the object say them. */
type Sizes = ReadonlyMap<string, Amount>

const objectCost = 1
const mutationCost = 10

/**
 * Counts what operations cost: 1 for each object, 0.1 for each scalar, 10 for each mutation, or what `@cost` says; lists
 * times their size, as `@listSize` says it. An operation is read once; afterwards only its variables are.
 */
export const createCostOf = (schema: GraphQLSchema, weights: Weights): CostOf => {
  const compile = createCompile(schema, weights)
  // n.b. the operations of a document that is known already are the same objects
  const compiled = new WeakMap<OperationDefinitionNode, Amount>()
  return (operation, variables) => {
    let amount = compiled.get(operation.operation)
    if (amount === undefined) {
      amount = compile(operation)
      compiled.set(operation.operation, amount)
    }
    // n.b. without a prototype: a client may name a variable `constructor`
    return typeof amount === 'number' ? amount : amount({ __proto__: null, ...variables })
  }
}

const createCompile = (schema: GraphQLSchema, { costs, listSizes }: Weights) => {
  const ownCost = (parent: GraphQLCompositeType, field: Field): number => {
    const given = costs.get(`${parent.name}.${field.name}`)
    if (given !== undefined) return given
    if (parent === schema.getMutationType() && field !== TypeNameMetaFieldDef) return mutationCost
    const type = getNamedType(field.type)
    return costs.get(type.name) ?? (isCompositeType(type) ? objectCost : leafCost)
  }

  return ({ document, operation }: Costly): Amount => {
    const collect = createCollect(schema, document)

    const ofSets = (sets: readonly Placed<SelectionSetNode>[], type: GraphQLCompositeType, sizes: Sizes) =>
      sum([...collect(sets, type).values()].map(selected => ofField(selected, sizes)))

    const ofField = ({ parent, field, nodes }: Selected, sizes: Sizes): Amount => {
      const coordinate = `${parent.name}.${field.name}`
      const [{ node: first, isIncluded }, ...further] = nodes
      const listSize = listSizes.get(coordinate)
      const own = sizeOf(field, first, listSize)
      const isList = isListType(getNullableType(field.type))
      const size = introspectionSizes.get(coordinate) ?? (isList ? (sizes.get(field.name) ?? own) : 1)
      const inside = new Map(listSize?.sizedFields.map(name => [name, own]))
      const type = getNamedType(field.type)
      const sets = nodes.flatMap(({ node: { selectionSet }, isIncluded }) =>
        selectionSet === undefined ? [] : [{ node: selectionSet, isIncluded }],
      )
      const each = isCompositeType(type)
        ? sum([ownCost(parent, field), ofSets(sets, type, inside)])
        : ownCost(parent, field)
      const whole = sum([costOfArguments(field, first, coordinate, costs), times(size, each)])
      return times(greatest([isIncluded, ...further.map(one => one.isIncluded)]), whole)
    }

    const root = schema.getRootType(operation.operation)
    return root == null ? 0 : ofSets([{ node: operation.selectionSet, isIncluded: 1 }], root, noSizes)
  }
}

/** Brings together what selection sets select under the same names, with the fragments that they spread. */
const createCollect = (schema: GraphQLSchema, document: DocumentNode) => {
  const fragments = fragmentsOf(document)
  return (
    sets: readonly Placed<SelectionSetNode>[],
    type: GraphQLCompositeType,
  ): ReadonlyMap<string, Selected> => {
    const found = new Map<string, Selected>()
    const add = (set: Placed<SelectionSetNode>, parent: GraphQLCompositeType): void => {
      for (const node of set.node.selections) {
        const isIncluded = times(set.isIncluded, inclusionOf(node))
        if (node.kind === Kind.FIELD) {
          const field = fieldOf(parent, node.name.value)
          if (field === undefined) continue
          const key = `${parent.name}.${keyOf(node)}`
          const known = found.get(key)
          if (known === undefined) found.set(key, { parent, field, nodes: [{ node, isIncluded }] })
          else known.nodes.push({ node, isIncluded })
          continue
        }
        const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node
        const condition = fragment?.typeCondition?.name.value
        const on = condition === undefined ? parent : schema.getType(condition)
        if (fragment !== undefined && isCompositeType(on))
          add({ node: fragment.selectionSet, isIncluded }, on)
      }
    }
    for (const set of sets) add(set, type)
    return found
  }
}

const noSizes: Sizes = new Map()

const inclusionOf = (node: SelectionNode): Amount => {
  const conditions = conditionsIn(node)
  if (conditions.length === 0) return 1
  return variables => (conditions.every(condition => isSelected(condition, variables)) ? 1 : 0)
}

const fieldOf = (parent: GraphQLCompositeType, name: string): Field | undefined => {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef
  return isUnionType(parent) ? undefined : parent.getFields()[name]
}

// n.b. the same for every schema, so that the query by which explorers read one costs less than half of what is allowed
const introspectionSizes: ReadonlyMap<string, number> = new Map([
  ['__Schema.types', 50],
  ['__Schema.directives', 5],
  ['__Type.fields', 5],
  ['__Type.inputFields', 2],
  ['__Type.enumValues', 2],
  ['__Type.interfaces', 1],
  ['__Type.possibleTypes', 1],
  ['__Type.ofType', 0.4],
  ['__Field.args', 1],
  ['__Directive.args', 1],
  ['__Directive.locations', 1],
])
