import { getLocation, Kind, parse, Source } from 'graphql'
import type { Composition, Subgraph } from './composition.ts'
import { lintSchema } from './lint.ts'
import { borderRule, findBorders } from './lint-borders.ts'
import type { LintFinding } from './lint-finding.ts'

/** A finding in the SDL of a subgraph. */
export type SubgraphLintFinding = Omit<LintFinding, 'start' | 'end'> & {
  readonly subgraph: string
  readonly start: SourcePosition
  readonly end: SourcePosition
}

/** A place in a text: the line and the column are counted from 1, the latter in UTF-16 units. */
export type SourcePosition = { readonly line: number; readonly column: number; readonly byteOffset: number }

/** Subgraphs, and what they compose to. */
export type ComposedSubgraphs = {
  readonly subgraphs: readonly Pick<Subgraph, 'name' | 'sdl'>[]
  readonly composition: Composition
}

const maxFindings = 500

/** What lint finds in a schema, without what it finds in the one before; throws a GraphQLError if one is none. */
export const lintAdded = (sdl: string, baseSdl: string | undefined): readonly LintFinding[] =>
  without(lintSchema(sdl), baseSdl === undefined ? [] : lintSchema(baseSdl), nameOf)

/**
 * What lint finds in subgraphs that compose, and did not find in those before, whichever had it: in each SDL by itself, and
 * across their borders. The errors come first; at most 500 findings.
 */
export const lintChanges = (
  next: ComposedSubgraphs,
  base: ComposedSubgraphs,
): readonly SubgraphLintFinding[] => {
  if (next.composition.kind === 'failed') return []
  const changed = without(next.subgraphs, base.subgraphs, textOf)
  const left = without(base.subgraphs, next.subgraphs, textOf)
  const before = left.flatMap(({ sdl }) => lintIfReadable(sdl))
  const found = [
    ...changed.flatMap(({ name, sdl }) =>
      without(lintSchema(sdl), before, nameOf).map(finding => ({ ...finding, subgraph: name })),
    ),
    ...findNewBorders(next, base),
  ]
  const worstFirst = [...found.filter(isError), ...found.filter(finding => !isError(finding))]
  const positions = new Map(next.subgraphs.map(({ name, sdl }) => [name, createPositions(sdl)] as const))
  return worstFirst.slice(0, maxFindings).map(({ start, end, ...finding }) => {
    const positionOf = positions.get(finding.subgraph) ?? createPositions('')
    return { ...finding, start: positionOf(start), end: positionOf(end) }
  })
}

const findNewBorders = (
  { subgraphs, composition }: ComposedSubgraphs,
  { composition: base }: ComposedSubgraphs,
): readonly (LintFinding & { readonly subgraph: string })[] => {
  if (composition.kind === 'failed') return []
  if (base.kind === 'composed' && base.supergraph === composition.supergraph) return []
  const before = base.kind === 'composed' ? base.supergraph : undefined
  return findBorders(composition.supergraph, before).map(found => {
    const sdl = subgraphs.find(({ name }) => name === found.subgraph)?.sdl ?? ''
    const [start, end] = placeOf(sdl, found.coordinate)
    return { ...found, level: 'WARNING', rule: borderRule, start, end }
  })
}

/** Gives the line and column of an offset in UTF-16 units. */
export const createPositions = (text: string): ((offset: number) => SourcePosition) => {
  const source = new Source(text)
  return offset => ({
    ...getLocation(source, offset),
    byteOffset: Buffer.byteLength(text.slice(0, offset)),
  })
}

/** Where the name of a type or of its field stands in an SDL, from and to; at the start if it is not there. */
const placeOf = (sdl: string, coordinate: string): readonly [start: number, end: number] => {
  const [typeName, fieldName] = coordinate.split('.')
  for (const definition of parse(sdl).definitions) {
    if (!('name' in definition) || definition.name?.value !== typeName) continue
    const isField =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION
    const field = isField ? definition.fields?.find(({ name }) => name.value === fieldName) : undefined
    if (field?.name.loc !== undefined) return [field.name.loc.start, field.name.loc.end]
  }
  return [0, 0]
}

const lintIfReadable = (sdl: string): readonly LintFinding[] => {
  try {
    return lintSchema(sdl)
  } catch {
    // n.b. what was published before may be no GraphQL, and then has nothing that stays
    return []
  }
}

const textOf = ({ name, sdl }: Pick<Subgraph, 'name' | 'sdl'>): string => `${name} ${sdl}`

const isError = ({ level }: Pick<LintFinding, 'level'>): boolean => level === 'ERROR'

const nameOf = ({ rule, coordinate }: Pick<LintFinding, 'rule' | 'coordinate'>): string =>
  `${rule} ${coordinate}`

const without = <T>(all: readonly T[], known: readonly T[], keyOf: (one: T) => string): readonly T[] => {
  const keys = new Set(known.map(keyOf))
  return all.filter(one => !keys.has(keyOf(one)))
}
