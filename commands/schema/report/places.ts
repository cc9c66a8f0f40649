import { existsSync, readFileSync } from 'node:fs'
import type { Finding } from '@supergraph/composition/finding.ts'
import { type ASTNode, GraphQLError, getLocation, Kind, type NameNode, parse, Source } from 'graphql'
import { publishedFile } from '../asyncapi-document.ts'
import type { Snapshot } from '../snapshot.ts'
import type { PlacedFinding } from './check-report.ts'

type Place = Pick<PlacedFinding, 'file' | 'line' | 'column'>
type SnapshotSubgraph = Snapshot['subgraphs'][number]

/** Tells for each finding where somebody would begin to mend it: in the file that it names, or where its coordinate stands. */
export const createPlaceOf = (
  now: Snapshot,
  base: Snapshot | undefined,
): ((finding: Finding) => PlacedFinding) => {
  const before = new Map(base?.subgraphs.map(({ name, sdl }) => [name, sdl]))
  const declared = now.subgraphs.map(subgraph => ({
    subgraph,
    isChanged: before.get(subgraph.name) !== subgraph.sdl,
    names: namesIn(subgraph.sdl),
  }))

  const placeOfCoordinate = (path: string): Place | undefined => {
    const found = declared.flatMap(({ subgraph, isChanged, names }) => {
      const [name, depth] = nearest(names, path)
      return name === undefined ? [] : [{ subgraph, name, rank: 2 * depth + Number(isChanged) }]
    })
    const [best] = found.toSorted((a, b) => b.rank - a.rank)
    return best && at(best.subgraph, best.name)
  }

  return finding => ({
    ...finding,
    ...(placeOfError(finding, now) ??
      placeOfFile(finding) ??
      placeOfEvent(finding) ??
      placeOfCoordinate(finding.path) ??
      startOf('rover.yaml')),
  })
}

const at = ({ file, sdl }: SnapshotSubgraph, name: NameNode): Place => ({
  file,
  ...getLocation(new Source(sdl), name.loc?.start ?? 0),
})

const startOf = (file: string): Place => ({ file, line: 1, column: 1 })

/** n.b. composition names the subgraph of an error in its text alone. */
const placeOfError = (
  { code, message }: Finding,
  { composition, subgraphs }: Snapshot,
): Place | undefined => {
  if (composition.kind !== 'failed') return undefined
  const error = composition.errors.find(each => each.code === code && each.message === message)
  const subgraph = subgraphs.find(({ name }) => message.includes(`[${name}]`))
  if (error === undefined || subgraph === undefined) return undefined
  const [place = { line: 1, column: 1 }] = error.locations
  return { file: subgraph.file, line: place.line, column: place.column }
}

const placeOfFile = ({ path }: Finding): Place | undefined => {
  const file = path.replace(/ \(base\)$/, '')
  return file.includes('/') && (file !== path || existsSync(file)) ? startOf(file) : undefined
}

const placeOfEvent = ({ code, path }: Finding): Place | undefined => {
  if (!/^(EVENTS?|QUEUE)_/.test(code)) return undefined
  const lines = existsSync(publishedFile) ? readFileSync(publishedFile, 'utf8').split('\n') : []
  const schemas = lines.indexOf('  schemas:')
  const [, type] = /(?:← )?([\w.-]+)$/.exec(path.replace(/(\[\]|\.\*).*$/, '')) ?? []
  const parts = type?.split('.') ?? []
  for (let count = parts.length; count > 0; count -= 1) {
    const line = lines.indexOf(`    ${parts.slice(0, count).join('.')}:`, schemas)
    if (schemas !== -1 && line !== -1) return { file: publishedFile, line: line + 1, column: 5 }
  }
  return startOf(publishedFile)
}

/** The name that a coordinate leads to, or the nearest above it, and how many parts of the coordinate that is. */
const nearest = (
  names: ReadonlyMap<string, NameNode>,
  path: string,
): readonly [name: NameNode | undefined, depth: number] => {
  const parts = path.split('.')
  for (let depth = parts.length; depth > 0; depth -= 1) {
    const name = names.get(parts.slice(0, depth).join('.'))
    if (name !== undefined) return [name, depth]
  }
  return [undefined, 0]
}

/** What an SDL declares, by coordinate; nothing if it is no GraphQL. */
const namesIn = (sdl: string): ReadonlyMap<string, NameNode> => {
  const names = new Map<string, NameNode>()
  try {
    for (const definition of parse(sdl).definitions) addNames(names, '', definition)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
  }
  return names
}

const addNames = (names: Map<string, NameNode>, above: string, node: ASTNode): void => {
  if (!('name' in node) || node.name?.kind !== Kind.NAME) return
  const coordinate = `${above}${node.name.value}`
  if (!names.has(coordinate)) names.set(coordinate, node.name)
  for (const inner of innerOf(node)) addNames(names, `${coordinate}.`, inner)
}

const innerOf = (node: ASTNode): readonly ASTNode[] => {
  if ('fields' in node) return node.fields ?? []
  if ('values' in node) return node.values ?? []
  return 'arguments' in node ? (node.arguments ?? []) : []
}
