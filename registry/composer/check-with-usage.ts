import { type CheckedGraph, type CheckReport, check } from '@supergraph/composition/check.ts'
import { apiSchemaOf } from '@supergraph/composition/composition.ts'
import type { Finding } from '@supergraph/composition/finding.ts'
import {
  coordinatesIn,
  findBrokenOperations,
  nameOperation,
  type RecordedOperation,
} from '@supergraph/composition/graph-changes.ts'
import { GraphQLError, type GraphQLSchema, parse } from 'graphql'
import type { LiveUsage } from '../usage/live-usage.ts'

/**
 * Checks a graph as `check` does; with the usage that was reported, what clients run counts as well, and what neither they nor
 * the recorded operations use may go.
 */
export const checkWithUsage = async (
  next: CheckedGraph,
  base: CheckedGraph | undefined,
  usage: LiveUsage | undefined,
): Promise<CheckReport> => {
  if (usage === undefined || base === undefined || base.composition.kind === 'failed')
    return check(next, base)
  const api = apiSchemaOf(base.composition.supergraph)
  const live = usage.operations.filter(operation => isValid(api, operation))
  const operations = [...next.operations, ...live]
  const report = await check({ ...next, operations }, base)
  const used = new Set(operations.flatMap(operation => coordinatesOf(operation, api)))
  const repeated = namesOfRecorded(live, next.operations)
  return {
    ...report,
    changes: report.changes.map(finding => relaxed(finding, used, usage)),
    // n.b. what is recorded is told of already
    blastRadius: report.blastRadius.filter(finding => !finding.operations.some(name => repeated.has(name))),
  }
}

/** How findings name the operations that clients run and that are recorded under the same name. */
const namesOfRecorded = (
  live: readonly RecordedOperation[],
  recorded: readonly RecordedOperation[],
): ReadonlySet<string> => {
  const names = new Set(recorded.map(({ file }) => file))
  return new Set(
    live
      .filter(({ file }) => names.has(file))
      .map(operation => nameOperation(operation, parse(operation.text))),
  )
}

/** n.b. what the API of now refuses is broken already, and no change breaks it. */
const isValid = (api: GraphQLSchema, operation: RecordedOperation): boolean => {
  try {
    return findBrokenOperations(api, [operation]).length === 0
  } catch (error) {
    // n.b. the parser calls itself for each level
    if (error instanceof RangeError) return false
    throw error
  }
}

const coordinatesOf = ({ text }: RecordedOperation, api: GraphQLSchema): readonly string[] => {
  try {
    return [...coordinatesIn(parse(text, { noLocation: true }), api)]
  } catch (error) {
    if (error instanceof GraphQLError) return []
    throw error
  }
}

const relaxed = (finding: Finding, used: ReadonlySet<string>, usage: LiveUsage): Finding => {
  const { status, code, path, message, operations } = finding
  if (status !== 'FAIL' || operations.length > 0 || !harmlessUnused.has(code) || path === '') return finding
  const coordinate = code.endsWith('_ADDED') ? path.split('.').slice(0, -1).join('.') : path
  if (isUsed(coordinate, used)) return finding
  return usage.isIncomplete
    ? {
        ...finding,
        message: `${message} (may be in use: some operations ${usage.period} are not told apart)`,
      }
    : { ...finding, status: 'PASS', message: `${message} (not used ${usage.period})` }
}

const isUsed = (coordinate: string, used: ReadonlySet<string>): boolean =>
  used.has(coordinate) || [...used].some(each => each.startsWith(`${coordinate}.`))

/** Changes that nobody notices who does not use what changes. */
const harmlessUnused: ReadonlySet<string> = new Set([
  'TYPE_REMOVED',
  'TYPE_KIND_CHANGED',
  'FIELD_REMOVED',
  'FIELD_TYPE_CHANGED',
  'FIELD_ARGUMENT_ADDED',
  'FIELD_ARGUMENT_REMOVED',
  'FIELD_ARGUMENT_TYPE_CHANGED',
  'INPUT_FIELD_ADDED',
  'INPUT_FIELD_REMOVED',
  'INPUT_FIELD_TYPE_CHANGED',
  'ENUM_VALUE_REMOVED',
  'UNION_MEMBER_REMOVED',
  'OBJECT_TYPE_INTERFACE_REMOVED',
])
