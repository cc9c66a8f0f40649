import {
  type ASTNode,
  type DefinitionNode,
  type DirectiveNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type NameNode,
  parse,
  type StringValueNode,
} from 'graphql'

/** Something about a schema that its readers will stumble over. */
export type LintFinding = {
  readonly level: 'ERROR' | 'WARNING'
  /** Such as `FIELD_NAMES_SHOULD_BE_CAMEL_CASE`: the names that Apollo gives these rules, where it has them. */
  readonly rule: string
  /** Such as `Product.price`. */
  readonly coordinate: string
  readonly message: string
  /** Where the name stands in the SDL, counted in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** Finds what is wrong with the names, descriptions and deprecations of a schema; throws a GraphQLError if it is none. */
export const lintSchema = (sdl: string): readonly LintFinding[] =>
  parse(sdl).definitions.flatMap(definition => ('name' in definition ? lintDefinition(definition) : []))

type Named = {
  readonly name: NameNode
  readonly description?: StringValueNode
  readonly directives?: readonly DirectiveNode[]
}

const lintDefinition = (definition: DefinitionNode): readonly LintFinding[] => {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return [
        ...lintType(definition, isRoot(definition) || isEntity(definition)),
        ...lintFields(definition, definition.fields ?? [], keyFieldsOf(definition)),
      ]
    case Kind.ENUM_TYPE_DEFINITION:
      return [
        ...lintType(definition, false),
        ...(definition.values ?? []).flatMap(value => lintEnumValue(definition.name.value, value)),
      ]
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.SCALAR_TYPE_DEFINITION:
      return lintType(definition, false)
    default:
      return []
  }
}

// n.b. another subgraph may describe an entity
const lintType = (type: Named, isDescribedElsewhere: boolean): readonly LintFinding[] => {
  const { name } = type
  return [
    ...(/^_*[A-Z][A-Za-z0-9]*$/.test(name.value)
      ? []
      : [finding('TYPE_NAMES_SHOULD_BE_PASCAL_CASE', name.value, name, 'should be written like OrderLine')]),
    ...(isDescribedElsewhere ? [] : lintDescription(name.value, type)),
  ]
}

const lintFields = (
  { name: type, kind }: Named & ASTNode,
  fields: readonly (FieldDefinitionNode | InputValueDefinitionNode)[],
  keys: ReadonlySet<string>,
): readonly LintFinding[] =>
  fields.flatMap(field => {
    const { name } = field
    const coordinate = `${type.value}.${name.value}`
    const isRest =
      kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION && /^(get|list|put|post|patch)[A-Z]/.test(name.value)
    return [
      ...(/^_*[a-z][A-Za-z0-9]*$/.test(name.value)
        ? []
        : [
            finding('FIELD_NAMES_SHOULD_BE_CAMEL_CASE', coordinate, name, 'should be written like orderLine'),
          ]),
      ...(isRest
        ? [finding('RESTY_FIELD_NAMES', coordinate, name, 'should be named after what it gives')]
        : []),
      ...(keys.has(name.value) ? [] : lintDescription(coordinate, field)),
      ...lintDeprecation(coordinate, field),
    ]
  })

const lintEnumValue = (type: string, value: EnumValueDefinitionNode): readonly LintFinding[] => {
  const { name } = value
  const coordinate = `${type}.${name.value}`
  const rule = 'ENUM_VALUES_SHOULD_BE_SCREAMING_SNAKE_CASE'
  return [
    ...(/^[A-Z][A-Z0-9_]*$/.test(name.value)
      ? []
      : [finding(rule, coordinate, name, 'should be written like OUT_OF_STOCK')]),
    ...lintDeprecation(coordinate, value),
  ]
}

const lintDescription = (coordinate: string, { name, description }: Named): readonly LintFinding[] =>
  description === undefined || description.value.trim() === ''
    ? [
        {
          ...finding('ALL_ELEMENTS_REQUIRE_DESCRIPTION', coordinate, name, 'has no description'),
          level: 'WARNING',
        },
      ]
    : []

const lintDeprecation = (coordinate: string, { name, directives = [] }: Named): readonly LintFinding[] =>
  directives.some(
    ({ name: { value }, arguments: given = [] }) => value === 'deprecated' && given.length === 0,
  )
    ? [finding('DEPRECATED_DIRECTIVE_REQUIRES_REASON', coordinate, name, 'is deprecated without a reason')]
    : []

const finding = (rule: string, coordinate: string, { loc }: NameNode, message: string): LintFinding => ({
  level: 'ERROR',
  rule,
  coordinate,
  message: `${coordinate} ${message}`,
  start: loc?.start ?? 0,
  end: loc?.end ?? 0,
})

const isRoot = ({ name }: Named): boolean => ['Query', 'Mutation', 'Subscription'].includes(name.value)

const isEntity = (type: Named): boolean => keysOf(type).length > 0

const keyFieldsOf = (type: Named): ReadonlySet<string> =>
  new Set(keysOf(type).flatMap(fields => fields.match(/\w+/g) ?? []))

const keysOf = ({ directives = [] }: Named): readonly string[] =>
  directives
    .filter(({ name }) => name.value === 'key')
    .flatMap(({ arguments: given = [] }) => given)
    .flatMap(({ name, value }) =>
      name.value === 'fields' && value.kind === Kind.STRING ? [value.value] : [],
    )
