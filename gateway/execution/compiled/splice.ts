import type { FetchNode, PlanNode } from '@apollo/query-planner'
import type { GraphQLSchema } from 'graphql'
import type { SubgraphAnswer, TakeData } from '../../subgraphs/answer.ts'
import { answerPattern, type PatternInPlace } from './answer-pattern.ts'
import { entitiesField } from './combined.ts'
import { takeRoom } from './entity-answers.ts'
import {
  compileEntityText,
  type EntityText,
  referenceHead,
  referencePattern,
  selectsReference,
  typename,
} from './entity-text.ts'
import { compileEntityFetch, compileRootFetch, type FetchAt, type FetchParts, withErrors } from './fetch.ts'
import { merge } from './merge.ts'
import { leavesOfOneType } from './representations.ts'
import type { PlanRun, Step } from './run.ts'
import type { ObjectShape } from './shape.ts'
import { atOnce, inSequence } from './steps.ts'
import { createTakeData, selectionsIn } from './verbatim.ts'

/** A plan of one fetch, and of fetches that complete, each by one key, entities of one type in its answer. */
export type Spliceable = {
  readonly root: FetchNode
  readonly entities: readonly (FetchAt & { readonly type: string; readonly key: string })[]
}

/** Tells whether answers to a plan may be spliced; undefined if not. */
export const findSpliceable = (node: PlanNode | undefined, schema: GraphQLSchema): Spliceable | undefined => {
  if (node?.kind !== 'Sequence' || node.nodes.length !== 2) return undefined
  const [root, rest] = node.nodes
  if (root?.kind !== 'Fetch' || root.requires !== undefined || root.outputRewrites !== undefined || !rest)
    return undefined
  const entities = (rest.kind === 'Parallel' ? rest.nodes : [rest]).flatMap(
    each => entityIn(each, schema) ?? [],
  )
  const count = rest.kind === 'Parallel' ? rest.nodes.length : 1
  // n.b. fetches from one subgraph become one request
  const isPlain = new Set(entities.map(({ node }) => node.serviceName)).size === count
  const areApart = new Set(entities.map(({ type }) => type)).size === count
  return isPlain && areApart ? { root, entities } : undefined
}

const entityIn = (flatten: PlanNode, schema: GraphQLSchema): Spliceable['entities'][number] | undefined => {
  if (flatten.kind !== 'Flatten' || flatten.node.kind !== 'Fetch') return undefined
  const { node } = flatten
  if (node.inputRewrites !== undefined || node.outputRewrites !== undefined) return undefined
  const { type, names: [key, ...others] = [] } = leavesOfOneType(schema, node.requires ?? []) ?? {}
  if (type === undefined || key === undefined || others.length > 0) return undefined
  return { node, path: flatten.path.map(String), type, key }
}

/** What runs a plan for answers of one shape: it puts entities as texts into the text of the answer that names them. */
export type Splice = { readonly takeData: TakeData; readonly step: Step }

/**
 * Compiles such a plan: as a step that reads all answers, and, for a shape, as one that does not if it recognizes them.
 */
export const compileSpliceable = ({ root, entities }: Spliceable, parts: FetchParts) => {
  const rootStep = compileRootFetch({ node: root, path: [] }, parts)
  const fetches = entities.map(entity => ({ ...entity, ...compileEntityFetch(entity, parts) }))
  const readers = fetches.map(fetch => withErrors([fetch.path], run => fetch.askAlone(run)))
  const readRest = atOnce(readers)

  return {
    step: inSequence([rootStep, readRest]),

    /** Undefined if the answers to the fetches are not, piece by piece, the client's. */
    spliceFor: (shape: ObjectShape): Splice | undefined => {
      const found = new Map<string, EntityText>()
      const inPlaces = new Map(
        fetches.map(({ node, path, type, key }): readonly [string, PatternInPlace] => [
          path.join('.'),
          (inside, selections) => {
            const text = compileEntityText(inside, { node, type, key })
            if (text === undefined || !selectsReference(selections, key)) return undefined
            found.set(type, text)
            return referencePattern(type, key)
          },
        ]),
      )
      const selections = selectionsIn(root)
      const pattern = selections && answerPattern(shape, selections, inPlaces)
      if (pattern === undefined || found.size < fetches.length) return undefined
      if (pattern.objects.some(({ type, firstKey }) => firstKey === typename && found.has(type)))
        return undefined
      const spliced = fetches.flatMap(fetch => {
        const text = found.get(fetch.type)
        return text === undefined ? [] : createSpliced(fetch, text)
      })
      const splice: Step = async run => {
        const { text } = run
        if (text === undefined) return readRest(run)
        const insertions = await Promise.all(spliced.map(ask => ask(text, run)))
        run.text = insert(text, insertions)
        if (run.text !== undefined) return
        merge(run.data, JSON.parse(text))
        for (const { read } of insertions) await read(run)
      }
      return { takeData: createTakeData(pattern.source), step: inSequence([rootStep, splice]) }
    },
  }
}

type EntityFetch = ReturnType<typeof compileEntityFetch>

/** Where a text names an entity, which is one of those that it names. */
type Reference = { readonly from: number; readonly to: number; readonly index: number }

/** What is put in the places of references. */
type Insertion = {
  readonly references: readonly Reference[]
  /** The objects that they name; undefined if the answer was not recognized. */
  readonly texts: readonly string[] | undefined
  /** Reads the answer as any other one. */
  readonly read: Step
}

const createSpliced = (
  { type, key, ...fetch }: EntityFetch & { readonly type: string; readonly key: string },
  { takeData, split, write }: EntityText,
) => {
  const begin = referenceHead(type, key)

  /** Asks for the entities that a text names. */
  return async (text: string, run: PlanRun): Promise<Insertion> => {
    const { references, keys } = referencesIn(text, begin)
    if (keys.length === 0) return { references, texts: [], read: () => undefined }
    let answer: SubgraphAnswer | undefined
    let texts: readonly string[] | undefined
    await withErrors([fetch.path], async () => {
      const representations = keys.map(value => `${begin}${value}"}`)
      const given = await fetch.ask(run, { representations, count: references.length }, takeData)
      const entities = given.text === undefined ? undefined : split(given.text)
      if (entities?.length === keys.length) {
        takeRoom(run, { bytes: given.bytes ?? 0, count: references.length, different: keys.length })
        texts = entities.map((entity, index) => write(keys[index] ?? '', entity))
      }
      answer = given
    })(run)
    const read = withErrors([fetch.path], async () => {
      if (answer === undefined) return
      const data =
        answer.text === undefined ? answer.data : { [entitiesField]: JSON.parse(`[${answer.text}]`) }
      // n.b. what was recognized has taken its room
      fetch.take(run, texts === undefined ? { ...answer, data } : { data })
    })
    return { references, texts, read }
  }
}

/** Finds the references in a text of JSON, each of which begins alike. n.b. quotes stand in no string: what is found is none */
const referencesIn = (text: string, begin: string) => {
  const references: Reference[] = []
  const keys: string[] = []
  const indexes = new Map<string, number>()
  let from = text.indexOf(begin)
  while (from !== -1) {
    const end = text.indexOf('"', from + begin.length)
    const key = text.slice(from + begin.length, end)
    let index = indexes.get(key)
    if (index === undefined) {
      index = keys.length
      indexes.set(key, index)
      keys.push(key)
    }
    const to = end + 2
    references.push({ from, to, index })
    from = text.indexOf(begin, to)
  }
  return { references, keys }
}

/** Puts objects in the places of references; undefined if one of them is not there. */
const insert = (text: string, insertions: readonly Insertion[]): string | undefined => {
  const places: { readonly from: number; readonly to: number; readonly object: string }[] = []
  for (const { references, texts } of insertions) {
    if (texts === undefined) return undefined
    for (const { from, to, index } of references) places.push({ from, to, object: texts[index] ?? '' })
  }
  places.sort((one, other) => one.from - other.from)
  let whole = ''
  let begin = 0
  for (const { from, to, object } of places) {
    whole += text.slice(begin, from) + object
    begin = to
  }
  whole += text.slice(begin)
  // n.b. a text that is still in pieces makes garbage collection ten times slower
  Buffer.byteLength(whole)
  return whole
}
