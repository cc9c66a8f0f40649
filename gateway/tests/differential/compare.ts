import { isDeepStrictEqual } from 'node:util'
import type { GraphQLSchema } from 'graphql'
import type { Generated } from '../../../testbed/operations.ts'
import { misfit } from './conformity.ts'
import type { Executed, ExecutedError } from './executors.ts'

/** What is compared. */
export type Comparison = {
  readonly schema: GraphQLSchema
  readonly generated: Generated
  /** Whether subgraphs do not answer some of what they are asked. */
  readonly hasFailures: boolean
  /** Whether subgraphs say what is not so. */
  readonly hasLies: boolean
  /** Whether Apollo's executor may lose the type of an object. */
  readonly hasInterfaceObjects: boolean
  readonly ours: Executed
  readonly apollos: Executed
}

/**
 * How our answer differs from Apollo's in a way that is not wanted; undefined if it does not. These differences are wanted:
 * - if Apollo's executor fails as a whole, or gives what is not as the schema says, ours is as the schema says;
 * - if subgraphs lie, ours has null and an INVALID_ANSWER where Apollo's lets a lie through;
 * - ours keeps the type of an object that an interface object's subgraph gives too; Apollo's loses it, and with it the
 *   fields that only this type has, or the object;
 * - each value that is not of its type has an INVALID_ANSWER, unless another error explains it; Apollo's executor keeps
 *   these errors from clients;
 * - Apollo's executor names another element of a list than the one that failed if it asked for some elements alone;
 * - an entity that a subgraph does not know has an ENTITY_NOT_FOUND if its place can only be null then;
 * - a list of entities with other entities than were asked for is INVALID_ANSWER, and no internal error.
 */
export const difference = (comparison: Comparison): string | undefined => {
  const { schema, generated, hasFailures, ours, apollos } = comparison
  if (!apollos.failed && JSON.stringify(ours.data) === JSON.stringify(apollos.data))
    return unwantedError(comparison) ?? missingError(comparison)
  const wrong = misfit(schema, generated, ours.data, { mayLackTypes: hasFailures })
  if (wrong !== undefined) return `ours is not as the schema says: ${wrong}`
  if (apollos.failed || misfit(schema, generated, apollos.data, { mayLackTypes: false }) !== undefined)
    return undefined
  return agrees(comparison, ours.data, apollos.data, []) ? undefined : 'the data differ'
}

/** Whether data are equal where no rule explains the difference. */
const agrees = (
  comparison: Comparison,
  own: unknown,
  other: unknown,
  path: readonly (string | number)[],
): boolean => {
  const { hasLies, hasInterfaceObjects, ours } = comparison
  if (own === null && other !== null)
    return (
      hasLies &&
      ours.errors.some(
        ({ code, path: place = [] }) =>
          code === 'INVALID_ANSWER' && place.length >= path.length && isAbout(place, path),
      )
    )
  if (other === null)
    return own === null || (hasInterfaceObjects && JSON.stringify(own).includes('"__typename":'))
  if (typeof own !== 'object' || own === null || typeof other !== 'object') return own === other
  const others = new Map<string, unknown>(Object.entries(other))
  const keys = Object.keys(own)
  const hasAll = keys.length === others.size && keys.every(key => others.has(key))
  const lostSome =
    hasInterfaceObjects && !Array.isArray(own) && [...others.keys()].every(key => keys.includes(key))
  return (
    (hasAll || lostSome) &&
    Object.entries(own).every(
      ([key, value]) =>
        !others.has(key) ||
        agrees(comparison, value, others.get(key), [...path, Array.isArray(own) ? Number(key) : key]),
    )
  )
}

/** An error of ours that neither Apollo has nor a rule explains. */
const unwantedError = ({ ours, apollos }: Comparison): string | undefined => {
  const known = new Set(apollos.errors.map(textOf))
  const isInternal = apollos.errors.some(error => error.service === undefined)
  const found = ours.errors.find(error => {
    if (known.has(textOf(error))) return false
    if (error.code === 'ENTITY_NOT_FOUND') return false
    if (apollos.errors.some(other => areAlike(error, other))) return !isNullIn(ours.data, error.path ?? [])
    if (error.code !== 'INVALID_ANSWER') return true
    return error.path === undefined ? !isInternal : !isNullIn(ours.data, error.path)
  })
  return found && `ours has an error more: ${textOf(found)}`
}

/** An error of Apollo's that ours lacks, or a hidden one. */
const missingError = ({ ours, apollos }: Comparison): string | undefined => {
  const lost = apollos.errors.find(
    error => error.service !== undefined && !ours.errors.some(own => areAlike(own, error)),
  )
  if (lost !== undefined) return `ours lacks ${textOf(lost)}`
  // n.b. of the faults that make the same object null, one need be told
  const kept = apollos.hidden.find(({ path = [] }) => {
    const place = nullPlaceOf(ours.data, path)
    return !ours.errors.some(error => isAbout(error.path ?? [], path) || isAbout(error.path ?? [], place))
  })
  return kept && `ours says nothing of ${textOf(kept)}`
}

/** Whether two errors say the same of the same field of the operation, whichever element of a list it is in. */
const areAlike = (a: ExecutedError, b: ExecutedError): boolean => {
  const fieldsOf = ({ path, ...error }: ExecutedError) =>
    textOf({ ...error, path: path?.map(key => (typeof key === 'number' ? 0 : key)) })
  return fieldsOf(a) === fieldsOf(b)
}

/** Whether one of two places is around the other one, or is the same. */
const isAbout = (a: readonly (string | number)[], b: readonly (string | number)[]): boolean => {
  const length = Math.min(a.length, b.length)
  return isDeepStrictEqual(a.slice(0, length), b.slice(0, length))
}

const textOf = ({ message, path, code, service }: ExecutedError): string =>
  JSON.stringify({ message, path, code, service })

const isNullIn = (data: unknown, path: readonly (string | number)[]): boolean =>
  valueIn(data, nullPlaceOf(data, path)) === null

/** The place on a path that is null, or the whole path if there is none. */
const nullPlaceOf = (data: unknown, path: readonly (string | number)[]): readonly (string | number)[] => {
  const length = path.findIndex((_, index) => valueIn(data, path.slice(0, index)) === null)
  return length === -1 ? path : path.slice(0, length)
}

const valueIn = (data: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? new Map<string, unknown>(Object.entries(value)).get(String(key))
        : undefined,
    data,
  )
