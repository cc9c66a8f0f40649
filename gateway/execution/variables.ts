import {
  type GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type VariableDefinitionNode,
} from 'graphql'

type Values = Readonly<Record<string, unknown>>
type Coerced =
  | { readonly coerced: Values; readonly errors?: never }
  | { readonly coerced?: never; readonly errors: readonly GraphQLError[] }

/** A variable whose value, if it fits, is its coerced value too. */
type PlainVariable = {
  readonly name: string
  readonly isRequired: boolean
  readonly fits: (value: unknown) => boolean
}

// n.b. graphql reads the whole input for each: all those of 256 KiB would take it more than a minute
const maxVariableErrors = 3
const nothing: Coerced = { coerced: {} }
const maxInt = 2 ** 31

const isText = (value: unknown) => typeof value === 'string'
/** n.b. an ID may be a number, and a float an integer's text: what does not fit here is graphql's to judge. */
const plainTypes: ReadonlyMap<string, PlainVariable['fits']> = new Map([
  ['ID', isText],
  ['String', isText],
  ['Int', value => Number.isInteger(value) && Number(value) < maxInt && Number(value) >= -maxInt],
  ['Float', Number.isFinite],
  ['Boolean', value => typeof value === 'boolean'],
])

/**
 * Coerces the values of an operation's variables as graphql does, or says of three what is wrong with them. What are plain scalars of the right types already is not looked at twice, which saves 3 us.
 */
export const createCoerceVariables = (schema: GraphQLSchema) => {
  // n.b. of a known document the definitions are the same objects
  const known = new WeakMap<readonly VariableDefinitionNode[], readonly PlainVariable[] | 'not plain'>()

  return (definitions: readonly VariableDefinitionNode[], given: Values): Coerced => {
    if (definitions.length === 0) return nothing
    let plain = known.get(definitions)
    if (plain === undefined) {
      plain = plainVariablesIn(definitions)
      known.set(definitions, plain)
    }
    const coerced = plain === 'not plain' ? undefined : plainValues(plain, given)
    if (coerced !== undefined) return { coerced }
    const found = getVariableValues(schema, definitions, given, { maxErrors: maxVariableErrors })
    // n.b. the error past the last one only says that there are more
    return found.coerced === undefined
      ? { errors: found.errors.slice(0, maxVariableErrors) }
      : { coerced: found.coerced }
  }
}

const plainVariablesIn = (
  definitions: readonly VariableDefinitionNode[],
): readonly PlainVariable[] | 'not plain' => {
  const plain = definitions.flatMap(
    ({ variable: { name }, type, defaultValue }): readonly PlainVariable[] => {
      const isRequired = type.kind === Kind.NON_NULL_TYPE
      const named = isRequired ? type.type : type
      const fits = named.kind === Kind.NAMED_TYPE ? plainTypes.get(named.name.value) : undefined
      const isPlain = fits !== undefined && defaultValue === undefined && name.value !== '__proto__'
      return isPlain ? [{ name: name.value, isRequired, fits }] : []
    },
  )
  return plain.length === definitions.length ? plain : 'not plain'
}

const plainValues = (variables: readonly PlainVariable[], given: Values): Values | undefined => {
  const values: Record<string, unknown> = {}
  for (const { name, isRequired, fits } of variables) {
    if (!Object.hasOwn(given, name)) {
      if (isRequired) return undefined
      continue
    }
    const value = given[name]
    if (value === null ? isRequired : !fits(value)) return undefined
    values[name] = value
  }
  return values
}
