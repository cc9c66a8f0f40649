import type { JsonObject } from '@supergraph/runtime/json-object.ts'
import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql'
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js'
import { createCollectedErrors } from './collected-errors.ts'
import { completeAs } from './complete.ts'
import { executeFields, executeFieldsSerially, type Field, isPromise, type Run, type Size } from './fields.ts'

/** What came of an operation. Its objects and lists are its own; `size` is that of the data. */
export type CompiledResult = ExecutionResult & { readonly size: Size }

/** Executes an operation as graphql's `execute` does: with the same answer, errors, and order of resolvers. */
export type ExecuteCompiled = (
  contextValue: unknown,
  variables: Readonly<Record<string, unknown>>,
) => CompiledResult | Promise<CompiledResult>

/** An operation that is compiled. */
export type CompiledOperation = {
  readonly execute: ExecuteCompiled
  /** How many fields were compiled; a field of an interface or a union counts once for each of its types. */
  readonly fieldCount: number
}

const maxVariableErrors = 50

/**
 * Compiles a query or mutation of a valid document; gives undefined for what graphql is to execute: documents with
 * directives, introspection, types with `isTypeOf`, and more than `maxFields`.
 */
export const compileOperation = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  maxFields: number,
): CompiledOperation | undefined => {
  const rootType = schema.getRootType(operation.operation)
  if (rootType == null || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined
  if (hasDirectives(document)) return undefined
  const fragments = fragmentsIn(document)
  let fieldCount = 0
  let isKnown = true

  const compileField = (parentType: GraphQLObjectType, responseName: string, nodes: Nodes): Field[] => {
    fieldCount += 1
    const name = nodes[0]?.name.value ?? ''
    const definition =
      name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : parentType.getFields()[name]
    if (definition === undefined || fieldCount > maxFields) isKnown = false
    if (definition === undefined || !isKnown) return []
    const field = { responseName, parentType, definition, nodes }
    const fieldsOf = (type: GraphQLObjectType) =>
      compileFields(type, collectSubfields(schema, fragments, {}, type, nodes))
    return [{ ...field, complete: completeAs(definition.type, { schema, field, fieldsOf }) }]
  }
  const compileFields = (type: GraphQLObjectType, selected: ReadonlyMap<string, Nodes>): readonly Field[] => {
    if (type.isTypeOf) isKnown = false
    return [...selected].flatMap(([responseName, nodes]) => compileField(type, responseName, nodes))
  }

  const fields = compileFields(
    rootType,
    collectFields(schema, fragments, {}, rootType, operation.selectionSet),
  )
  if (!isKnown) return undefined
  const isMutation = operation.operation === OperationTypeNode.MUTATION
  const { variableDefinitions = [] } = operation

  const execute: ExecuteCompiled = (contextValue, variables) => {
    const { coerced, errors: refusals } = getVariableValues(schema, variableDefinitions, variables, {
      maxErrors: maxVariableErrors,
    })
    const size: Size = { bytes: 0, isJson: true }
    if (coerced === undefined) return { errors: refusals, size }
    const errors = createCollectedErrors()
    const run: Run = { schema, operation, fragments, contextValue, variableValues: coerced, errors, size }
    const answer = (data: JsonObject | null): CompiledResult =>
      errors.list.length === 0 ? { data, size } : { errors: errors.list, data, size }
    const fail = (error: unknown): CompiledResult => {
      errors.add(locatedError(error, undefined), undefined)
      return answer(null)
    }
    try {
      const data = isMutation
        ? executeFieldsSerially(run, fields)
        : executeFields(run, fields, undefined, undefined)
      return isPromise(data) ? data.then(answer, fail) : answer(data)
    } catch (error) {
      return fail(error)
    }
  }
  return { execute, fieldCount }
}

type Nodes = readonly FieldNode[]

const hasDirectives = (document: DocumentNode): boolean => {
  let isFound = false
  visit(document, {
    Directive: () => {
      isFound = true
      return BREAK
    },
  })
  return isFound
}

const fragmentsIn = ({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> => {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
  return fragments
}
