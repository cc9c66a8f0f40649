import { buildSchema, getOperationAST, parse, specifiedRules, validate } from 'graphql'
import { keyOf } from '../../authorization/selections.ts'
import { createIsIncluded, createIsTrue } from './conditions.ts'
import { shapeOfOperation } from './shape.ts'

/** A schema with a field for each kind of type. */
export const schema = buildSchema(`
  type Query {
    int: Int float: Float string: String id: ID boolean: Boolean level: Level any: Any
    must: Int! ints: [Int] grid: [[Int!]] strict: [Int!]!
    thing: Thing things: [Thing!] sure: Thing! node: Node nodes: [Node] found: Found matrix: [[Thing]]
  }
  scalar Any
  enum Level { LOW HIGH }
  interface Node { id: ID! name: String node: Node }
  interface Named implements Node { id: ID! name: String node: Node }
  type Thing implements Node & Named { id: ID! name: String size(unit: String): Int! next: Thing same: Thing! node: Node level: Level! }
  type Other implements Node { id: ID! name: String node: Node size: String }
  union Found = Thing | Other
`)

/** What there is of an operation on the schema, with the values of its variables. */
export const operationOn = (query: string, variables: Readonly<Record<string, unknown>> = {}) => {
  const document = parse(query)
  const errors = validate(schema, document, specifiedRules)
  if (errors.length > 0) throw new AggregateError(errors, query)
  const operation = getOperationAST(document)
  if (operation == null) throw new Error('there is no operation')
  const isTrue = createIsTrue(operation.variableDefinitions)
  const isIncluded = createIsIncluded(variable => isTrue(variable, variables))
  const shape = shapeOfOperation(schema, document, operation, { isIncluded, sourceOf: keyOf })
  return { document, operation, shape }
}

/** The value in a text of JSON: `__proto__` is a key like any other. */
export const parsed = (text: string): Record<string, unknown> => ({ ...JSON.parse(text) })
