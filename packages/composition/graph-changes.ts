import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core'
import { widenIntVariables } from '@supergraph/subgraph/int-variables.ts'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInputType,
  Kind,
  parse,
  TypeInfo,
  typeFromAST,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { type Finding, fail } from './finding.ts'

/** A client's GraphQL document. */
export type RecordedOperation = {
  /** The file that records it, or the name of the operation. */
  readonly file: string
  readonly text: string
  /** Who sends it, in words that findings repeat: such as `web 2.1`. */
  readonly clients?: readonly string[]
}

/** What changed from one API schema to the next, the worst first, each change with the operations that use it. */
export const findChanges = async (
  base: GraphQLSchema,
  next: GraphQLSchema,
  operations: readonly RecordedOperation[],
): Promise<readonly Finding[]> => {
  const used = operations.flatMap(operation => {
    const document = parseOperation(operation)
    return document instanceof GraphQLError
      ? []
      : [{ name: nameOperation(operation, document), coordinates: coordinatesIn(document, base) }]
  })
  const findings = withoutWords(await diff(base, next)).map((change): Finding => {
    const status = statusOf(change)
    const path = change.path ?? ''
    const touched = status === 'PASS' ? [] : used.filter(({ coordinates }) => touches(change, coordinates))
    return {
      status,
      code: change.type,
      path,
      message: change.message,
      operations: [...new Set(touched.map(({ name }) => name))],
    }
  })
  return findings.sort((a, b) => severity(a) - severity(b))
}

/** A FAIL for each operation that the schema would refuse. */
export const findBrokenOperations = (
  schema: GraphQLSchema,
  operations: readonly RecordedOperation[],
): readonly Finding[] =>
  operations.flatMap(operation => {
    const document = parseOperation(operation)
    const failing = document instanceof GraphQLError
    const errors = failing ? [document] : validate(schema, widenIntVariables(schema, document))
    const name = failing ? operation.file : nameOperation(operation, document)
    return errors.map(({ message }) => fail('OPERATION_INVALID', operation.file, message, [name]))
  })

/** n.b. what is new may have a description, which changes nothing for anybody. */
const withoutWords = (changes: readonly Change[]): readonly Change[] => {
  const added = new Set(
    changes.filter(change => !isWorded(change) && change.type.endsWith('_ADDED')).map(({ path }) => path),
  )
  return changes.filter(change => !isWorded(change) || !added.has(change.path))
}

const isWorded = ({ type }: Change): boolean => String(type).includes('DESCRIPTION')

const severity = ({ status }: Finding): number => ['FAIL', 'WARN', 'PASS'].indexOf(status)

const statusOf = (change: Change): Finding['status'] => {
  const { level } = change.criticality
  if (isWidening(change.message)) return 'WARN'
  if (level === CriticalityLevel.Breaking) return 'FAIL'
  return level === CriticalityLevel.Dangerous || isWorded(change) ? 'WARN' : 'PASS'
}

/** n.b. JSON has the same numbers for both, and the gateway takes Int variables for a SafeInt; typed clients may want new code. */
const isWidening = (message: string): boolean => {
  const [, before, after] = / from '([^']+)' to '([^']+)'$/.exec(message) ?? []
  return before !== undefined && before !== after && before.replace(/\bInt\b/, 'SafeInt') === after
}

// n.b. nobody uses an addition yet: it touches those who use the type or field to which it was added
const touches = ({ type, path = '' }: Change, coordinates: ReadonlySet<string>): boolean =>
  coordinates.has(type === 'FIELD_ARGUMENT_DEFAULT_CHANGED' ? leftOut(path) : path) ||
  (String(type).endsWith('_ADDED') && coordinates.has(path.split('.').slice(0, -1).join('.')))

const parseOperation = ({ text }: RecordedOperation): DocumentNode | GraphQLError => {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

const maxClients = 3

/** How findings name an operation: such as `Me`, or `Me of web 2.1` if it is known who sends it. */
export const nameOperation = ({ file, clients = [] }: RecordedOperation, document: DocumentNode): string => {
  const name = operationNames(document, file)
  if (clients.length === 0) return name
  const more = clients.length > maxClients ? ` and ${clients.length - maxClients} more` : ''
  return `${name} of ${clients.slice(0, maxClients).join(', ')}${more}`
}

/** The names of the operations in a document, or `unnamed` if they have none. */
export const operationNames = (document: DocumentNode, unnamed: string): string => {
  const names = document.definitions.flatMap(definition =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
  )
  return names.join(', ') || unnamed
}

/** Every type, field, argument and enum value that a document selects, sends or may get back, and the arguments that it may leave out. */
export const coordinatesIn = (document: DocumentNode, schema: GraphQLSchema): ReadonlySet<string> => {
  const coordinates = new Set<string>()
  const typeInfo = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: ({ name, arguments: given = [] }) => {
        const parent = typeInfo.getParentType()
        const owners = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]
        for (const owner of owners) if (owner) coordinates.add(`${owner.name}.${name.value}`)
        addType(coordinates, getNamedType(typeInfo.getType()))
        const certain = given.filter(({ value }) => value.kind !== Kind.VARIABLE)
        for (const argument of typeInfo.getFieldDef()?.args ?? [])
          if (certain.every(each => each.name.value !== argument.name))
            for (const owner of owners)
              if (owner) coordinates.add(leftOut(`${owner.name}.${name.value}.${argument.name}`))
      },
      Argument: ({ name }) => {
        const [parent, field] = [typeInfo.getParentType(), typeInfo.getFieldDef()]
        if (parent && field) coordinates.add(`${parent.name}.${field.name}.${name.value}`)
        addInput(coordinates, typeInfo.getInputType())
      },
      NamedType: node => {
        const type = typeFromAST(schema, node)
        if (isInputType(type)) addInput(coordinates, type)
        else addType(coordinates, type)
      },
    }),
  )
  return coordinates
}

/** n.b. a default concerns who leaves the argument out, or may do so by a variable without a value. */
const leftOut = (argument: string): string => `${argument} left out`

const addType = (coordinates: Set<string>, type: GraphQLNamedType | undefined): void => {
  if (type === undefined) return
  coordinates.add(type.name)
  if (isEnumType(type)) for (const { name } of type.getValues()) coordinates.add(`${type.name}.${name}`)
}

// n.b. the client chooses the value of a variable: it may hold any field of its input type
const addInput = (coordinates: Set<string>, type: GraphQLInputType | null | undefined): void => {
  const named = type ? getNamedType(type) : undefined
  if (named === undefined || coordinates.has(named.name)) return
  addType(coordinates, named)
  if (!isInputObjectType(named)) return
  for (const field of Object.values(named.getFields())) {
    coordinates.add(`${named.name}.${field.name}`)
    addInput(coordinates, field.type)
  }
}
