import { steadyNowMs } from '@supergraph/runtime/steady-clock.ts'
import { entityChanges } from '@supergraph/schema/entity-changes.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import { failedTogether } from '../subgraphs/failed-together.ts'
import type { CachedField, CachedFields } from './cached-fields.ts'
import { nameOf } from './changed-entities.ts'
import type { Entry, EntryName, Kept } from './entity-store.ts'

type Values = Readonly<Record<string, unknown>>

/** One entity that is asked for: how it is named if it may be kept, and what is kept of it. */
type Place = {
  readonly representation: unknown
  readonly name: EntryName | undefined
  kept: Kept | undefined
}

type AskedField = { readonly field: CachedField; readonly places: readonly Place[] }

/** The entities that a request asks for, of which some are kept. */
export const createAsked = ({ fields, all: lists }: CachedFields, variables: Values, authority: string) => {
  const asked: readonly AskedField[] = fields.map(field => {
    // n.b. a variable that is left out differs from one that is null
    const others = JSON.stringify(
      field.otherVariables
        .filter(name => Object.hasOwn(variables, name))
        .map(name => [name, variables[name]]),
    )
    const list = variables[field.variable]
    const places = (Array.isArray(list) ? list : []).map((representation: unknown): Place => {
      const selection = `${field.selection} ${authority} ${others} ${JSON.stringify(representation)}`
      const entity = field.maxAgesMs.has(typeOf(representation)) ? entityOf(representation) : undefined
      return {
        representation,
        name: entity === undefined ? undefined : { entity, selection },
        kept: undefined,
      }
    })
    return { field, places }
  })
  const all = asked.flatMap(({ places }) => places)
  const isAll = fields.length === lists.length
  const named = all.filter(({ name }) => name !== undefined)

  return {
    /** The entities that may be kept. */
    names: named.flatMap(({ name }) => name ?? []),
    /** Takes what is kept, by the places of `names`, and returns it. */
    take: (kept: readonly (Kept | undefined)[]): readonly Kept[] => {
      for (const [index, place] of named.entries()) place.kept = kept[index]
      return kept.filter(each => each !== undefined)
    },
    /** Whether nothing is left to be asked for. */
    isComplete: (): boolean => isAll && all.every(isKept),
    hasKept: (): boolean => all.some(isKept),
    /** The variables that ask for the rest. */
    restOf: (variables: Values): Values => ({
      ...variables,
      ...Object.fromEntries(
        asked.map(({ field, places }) => [
          field.variable,
          places.filter(place => !isKept(place)).map(({ representation }) => representation),
        ]),
      ),
    }),
    /** What an answer to the rest gives to keep. */
    toKeep: ({ data }: SubgraphAnswer): readonly Entry[] => {
      const nowMs = steadyNowMs()
      return asked.flatMap(({ field, places }) => {
        const sent = places.filter(place => !isKept(place))
        const entities = data?.[field.responseKey]
        if (!Array.isArray(entities) || entities.length !== sent.length) return []
        return sent.flatMap(({ name, representation }, index): readonly Entry[] => {
          const entity: unknown = entities[index]
          if (name === undefined || entity == null) return []
          const ageMs = field.maxAgesMs.get(typeOf(representation)) ?? 0
          return [{ ...name, text: JSON.stringify(entity), expiresAtMs: nowMs + ageMs }]
        })
      })
    },
    /** The answer to the whole, of an answer to the rest; a list that has not the entities that were asked for is left out. */
    join: (answer: SubgraphAnswer): SubgraphAnswer => {
      if (!all.some(isKept)) return answer
      // n.b. lists that failed together are asked for again, each alone
      if (answer.data === null && (!isAll || failedTogether(answer, lists))) return answer
      const joined = asked.map(({ field: { responseKey }, places }) => {
        const sent = places.filter(place => !isKept(place)).length
        const rest = sent === 0 || answer.data === null ? new Array(sent) : answer.data[responseKey]
        if (!Array.isArray(rest) || rest.length !== sent) return [responseKey, undefined]
        const left = rest.values()
        return [
          responseKey,
          places.map(({ kept }) => (kept === undefined ? left.next().value : parsed(kept.text))),
        ]
      })
      const data = { ...answer.data, ...Object.fromEntries(joined) }
      return answer.errors === undefined
        ? { data }
        : { data, errors: answer.errors.map(error => withPlace(asked, error)) }
    },
  }
}

const isKept = ({ kept }: Place): boolean => kept !== undefined

const parsed = (text: string): unknown => JSON.parse(text)

/** An error with the place that its entity has among all. */
const withPlace = <E extends { readonly path?: readonly (string | number)[] | undefined }>(
  asked: readonly AskedField[],
  error: E,
): E => {
  const [responseKey, index, ...inside] = error.path ?? []
  const field = asked.find(each => each.field.responseKey === responseKey)
  if (field === undefined || responseKey === undefined || typeof index !== 'number') return error
  const sent = [...field.places.entries()].filter(([, place]) => !isKept(place))
  const place = sent[index]?.[0]
  return place === undefined ? error : { ...error, path: [responseKey, place, ...inside] }
}

const typeOf = (representation: unknown): string => String(valuesOf(representation).__typename)

const valuesOf = (representation: unknown): Values =>
  typeof representation === 'object' && representation !== null ? { ...representation } : {}

const keyOfType = new Map(entityChanges.map(({ type, key }) => [type, key]))

/** How an entity is called: by the key that events name; undefined if its representation has another one. */
const entityOf = (representation: unknown): string | undefined => {
  const { __typename: type, ...values } = valuesOf(representation)
  const key = keyOfType.get(String(type))
  if (key === undefined) return JSON.stringify(representation)
  return key in values ? nameOf(String(type), key, values[key]) : undefined
}
