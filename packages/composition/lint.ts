import {
  type ASTNode,
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type NamedTypeNode,
  type NameNode,
  parse,
  type StringValueNode,
} from 'graphql'
import { argumentsOf } from './linked-directives.ts'
import { error, type LintFinding, warning } from './lint-finding.ts'
import { lintLists } from './lint-lists.ts'

/**
 * Finds what is wrong with the names, descriptions, deprecations and lists of a schema; throws a GraphQLError if it is none.
 */
export const lintSchema = (sdl: string): readonly LintFinding[] => {
  const document = parse(sdl)
  const findings = [...document.definitions.flatMap(createLintDefinition(document)), ...lintLists(document)]
  return findings.toSorted((a, b) => a.start - b.start)
}

type Named = {
  readonly name: NameNode
  readonly description?: StringValueNode
  readonly directives?: readonly DirectiveNode[]
  readonly interfaces?: readonly NamedTypeNode[]
}
type Field = FieldDefinitionNode | InputValueDefinitionNode

const createLintDefinition = (document: DocumentNode) => {
  const promised = fieldsOfInterfaces(document)
  const ofMutations = namesOfMutations(document)
  return (definition: DefinitionNode): readonly LintFinding[] => {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [
          ...lintType(
            definition,
            isRoot(definition) ||
              isEntity(definition) ||
              isPage(definition) ||
              ofMutations.has(definition.name.value),
          ),
          ...lintFields(definition, definition.fields ?? [], promised),
        ]
      case Kind.OBJECT_TYPE_EXTENSION:
      case Kind.INTERFACE_TYPE_EXTENSION:
      case Kind.INPUT_OBJECT_TYPE_EXTENSION:
        return lintFields(definition, definition.fields ?? [], promised)
      case Kind.ENUM_TYPE_DEFINITION:
        return [
          ...lintType(definition, false),
          ...(definition.values ?? []).flatMap(value => lintEnumValue(definition.name.value, value)),
        ]
      case Kind.UNION_TYPE_DEFINITION:
      case Kind.SCALAR_TYPE_DEFINITION:
        return lintType(definition, ofMutations.has(definition.name.value))
      default:
        return []
    }
  }
}

// n.b. another subgraph may describe an entity
const lintType = (type: Named, isDescribedElsewhere: boolean): readonly LintFinding[] => {
  const { name } = type
  return [
    ...(/^_*[A-Z][A-Za-z0-9]*$/.test(name.value)
      ? []
      : [error('TYPE_NAMES_SHOULD_BE_PASCAL_CASE', name.value, name, 'should be written like OrderLine')]),
    ...(isDescribedElsewhere ? [] : lintDescription(name.value, type)),
  ]
}

const lintFields = (
  type: Named & ASTNode,
  fields: readonly Field[],
  promised: ReadonlySet<string>,
): readonly LintFinding[] => {
  const keys = keyFieldsOf(type)
  const isInput = /^Input/.test(type.kind)
  return fields.flatMap(field => {
    const { name } = field
    const coordinate = `${type.name.value}.${name.value}`
    const isRest = !isInput && /^(get|list|put|post|patch)[A-Z]/.test(name.value)
    const isDescribedElsewhere =
      keys.has(name.value) ||
      (isPage(type) && relayFields.test(name.value)) ||
      type.interfaces?.some(implemented => promised.has(`${implemented.name.value}.${name.value}`))
    return [
      ...lintCase('FIELD_NAMES_SHOULD_BE_CAMEL_CASE', coordinate, name),
      ...(isRest
        ? [error('RESTY_FIELD_NAMES', coordinate, name, 'should be named after what it gives')]
        : []),
      ...(isDescribedElsewhere ? [] : lintDescription(coordinate, field)),
      ...lintDeprecation(coordinate, field),
      ...('arguments' in field ? (field.arguments ?? []) : []).flatMap(argument => {
        const at = `${coordinate}.${argument.name.value}`
        return [
          ...lintCase('INPUT_ARGUMENT_NAMES_SHOULD_BE_CAMEL_CASE', at, argument.name),
          ...lintDeprecation(at, argument),
        ]
      }),
    ]
  })
}

const lintCase = (rule: string, coordinate: string, name: NameNode): readonly LintFinding[] =>
  /^_*[a-z][A-Za-z0-9]*$/.test(name.value)
    ? []
    : [error(rule, coordinate, name, 'should be written like orderLine')]

const lintEnumValue = (type: string, value: EnumValueDefinitionNode): readonly LintFinding[] => {
  const { name } = value
  const coordinate = `${type}.${name.value}`
  const rule = 'ENUM_VALUES_SHOULD_BE_SCREAMING_SNAKE_CASE'
  return [
    ...(/^[A-Z][A-Z0-9_]*$/.test(name.value)
      ? []
      : [error(rule, coordinate, name, 'should be written like OUT_OF_STOCK')]),
    ...lintDeprecation(coordinate, value),
  ]
}

const lintDescription = (coordinate: string, { name, description }: Named): readonly LintFinding[] =>
  description === undefined || description.value.trim() === ''
    ? [warning('ALL_ELEMENTS_REQUIRE_DESCRIPTION', coordinate, name, 'has no description')]
    : []

const lintDeprecation = (coordinate: string, { name, directives = [] }: Named): readonly LintFinding[] =>
  directives
    .filter(directive => directive.name.value === 'deprecated')
    .flatMap(directive => {
      const { reason } = argumentsOf(directive)
      if (typeof reason !== 'string' || reason.trim() === '')
        return [
          error('DEPRECATED_DIRECTIVE_REQUIRES_REASON', coordinate, name, 'is deprecated without a reason'),
        ]
      if (/\b20\d\d-[01]\d(-[0-3]\d)?\b/.test(reason)) return []
      const message = 'is deprecated without a date: say since when, or when it goes, such as 2027-06-30'
      return [warning('DEPRECATED_DIRECTIVE_REQUIRES_DATE', coordinate, name, message)]
    })

/** The coordinates of the fields of all interfaces, which are described there. */
const fieldsOfInterfaces = ({ definitions }: DocumentNode): ReadonlySet<string> =>
  new Set(
    definitions.flatMap(definition =>
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION
        ? (definition.fields ?? []).map(field => `${definition.name.value}.${field.name.value}`)
        : [],
    ),
  )

/** How the types are called that one mutation takes and returns: their description is the mutation's. */
const namesOfMutations = ({ definitions }: DocumentNode): ReadonlySet<string> =>
  new Set(
    definitions
      .flatMap(definition =>
        (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION) &&
        definition.name.value === 'Mutation'
          ? (definition.fields ?? [])
          : [],
      )
      .map(({ name: { value } }) => `${value.charAt(0).toUpperCase()}${value.slice(1)}`)
      .flatMap(name => ['Input', 'Result', 'Success', 'Payload', 'Response'].map(end => `${name}${end}`)),
  )

/** Whether Relay's specification says what a type is. */
const isPage = ({ name }: Named): boolean => /^PageInfo$|(Connection|Edge)$/.test(name.value)

const relayFields = /^(edges|nodes|node|cursor|pageInfo|hasNextPage|hasPreviousPage|startCursor|endCursor)$/

const isRoot = ({ name }: Named): boolean => ['Query', 'Mutation', 'Subscription'].includes(name.value)

const isEntity = (type: Named): boolean => keysOf(type).length > 0

const keyFieldsOf = (type: Named): ReadonlySet<string> =>
  new Set(keysOf(type).flatMap(fields => fields.match(/\w+/g) ?? []))

const keysOf = ({ directives = [] }: Named): readonly string[] =>
  directives
    .filter(({ name }) => name.value === 'key')
    .flatMap(directive => argumentsOf(directive).fields ?? [])
    .flatMap(fields => (typeof fields === 'string' ? [fields] : []))
