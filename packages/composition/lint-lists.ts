import {
  type ASTNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type NameNode,
} from 'graphql'
import { argumentsOf } from './linked-directives.ts'
import { type LintFinding, warning } from './lint-finding.ts'
import { isListNode, nameOfType } from './type-nodes.ts'

const limits = /^(first|last|limit|take|top|max|count|page|pageSize|perPage|size)$/

/**
 * Finds the lists of objects that may be of any length, and those whose length nobody who counts the cost of an operation
 * can know. What is inaccessible is for no client.
 */
export const lintLists = (document: DocumentNode): readonly LintFinding[] => {
  const types = new Map(document.definitions.flatMap(toComposite).map(type => [type.name.value, type]))
  const sized = sizedFields(document)
  const canSayCost = document.definitions.some(knowsListSize)
  return document.definitions
    .flatMap(toComposite)
    .filter(type => !hasDirective(type, 'inaccessible') && !isConnection(type))
    .flatMap(owner =>
      (owner.fields ?? []).flatMap((field): readonly LintFinding[] => {
        const target = types.get(nameOfType(field.type))
        if (target === undefined || hasDirective(field, 'inaccessible')) return []
        if (!isListNode(field.type) && !isConnection(target)) return []
        const coordinate = `${owner.name.value}.${field.name.value}`
        if (hasDirective(field, 'listSize') || hasDirective(field, 'cost') || sized.has(coordinate)) return []
        const hasLimit = field.arguments?.some(({ name }) => limits.test(name.value)) ?? false
        if (!hasLimit && (owner.name.value === 'Query' || hasDirective(owner, 'key')))
          return [warning('LISTS_SHOULD_BE_PAGINATED', coordinate, field.name, unpaginated)]
        if (!canSayCost) return []
        return [warning('LISTS_SHOULD_HAVE_A_SIZE', coordinate, field.name, unsized)]
      }),
    )
}

const unpaginated =
  'is a list of any length: let it take `first`, return a connection, or say with @listSize(assumedSize: …) how long it is'
const unsized =
  'is a list whose cost nobody can know: say with @listSize how long it is, or which argument says so'

type Composite = ASTNode & {
  readonly name: NameNode
  readonly directives?: readonly ConstDirectiveNode[]
  readonly fields?: readonly FieldDefinitionNode[]
}

const toComposite = (definition: ASTNode): readonly Composite[] => {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION:
    case Kind.UNION_TYPE_DEFINITION:
      return [definition]
    default:
      return []
  }
}

/** Whether a type is one page of a list: the field that returns it says how long that is. */
const isConnection = ({ fields = [] }: Composite): boolean =>
  fields.some(({ name }) => name.value === 'pageInfo') &&
  fields.some(({ name, type }) => /^(edges|nodes)$/.test(name.value) && isListNode(type))

/** The coordinates of the lists whose size a field says that returns the object with the list. */
const sizedFields = (document: DocumentNode): ReadonlySet<string> =>
  new Set(
    document.definitions
      .flatMap(toComposite)
      .flatMap(({ fields = [] }) => fields)
      .flatMap(({ type, directives = [] }) =>
        directives
          .filter(({ name }) => isNamed(name, 'listSize'))
          .flatMap(directive => argumentsOf(directive).sizedFields ?? [])
          .map(name => `${nameOfType(type)}.${name}`),
      ),
  )

// n.b. before 2.9 federation has no directive that says a size
const knowsListSize = (definition: ASTNode): boolean => {
  if (definition.kind !== Kind.SCHEMA_EXTENSION && definition.kind !== Kind.SCHEMA_DEFINITION) return false
  return (definition.directives ?? []).some(directive => {
    const [, minor] = /\/federation\/v2\.(\d+)$/.exec(String(argumentsOf(directive).url)) ?? []
    return Number(minor) >= 9
  })
}

const hasDirective = (
  { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] },
  wanted: string,
): boolean => directives.some(({ name }) => isNamed(name, wanted))

const isNamed = ({ value }: NameNode, wanted: string): boolean =>
  value === wanted || value === `federation__${wanted}`
