import { entityChanges } from '@supergraph/schema/entity-changes.ts'
import type { SubgraphAnswer } from '../subgraphs/answer.ts'
import type { CachedField } from './cached-fields.ts'
import { nameOf } from './changed-entities.ts'
import type { Entry, EntryName } from './entity-store.ts'

type Values = Readonly<Record<string, unknown>>

/** One entity that is asked for: how it is named if it may be kept, and its text if it is kept. */
type Place = {
  readonly representation: unknown
  readonly name: EntryName | undefined
  kept: string | undefined
}

type AskedField = { readonly field: CachedField; readonly places: readonly Place[] }

/** The entities that a request asks for, of which some are kept. */
export const createAsked = (fields: readonly CachedField[], variables: Values, authority: string) => {
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
      const isKept = field.maxAgesMs.has(typeOf(representation))
      return {
        representation,
        name: isKept ? { entity: entityOf(representation), selection } : undefined,
        kept: undefined,
      }
    })
    return { field, places }
  })
  const all = asked.flatMap(({ places }) => places)
  const named = all.filter(({ name }) => name !== undefined)

  return {
    /** The entities that may be kept. */
    names: named.flatMap(({ name }) => name ?? []),
    /** Takes what is kept, by the places of `names`, and returns the texts. */
    take: (texts: readonly (string | undefined)[]): readonly string[] => {
      for (const [index, place] of named.entries()) place.kept = texts[index]
      return texts.filter(text => text !== undefined)
    },
    isComplete: (): boolean => all.every(isKept),
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
      const nowMs = Date.now()
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
    /** The answer to the whole, of an answer to the rest. */
    join: (answer: SubgraphAnswer): SubgraphAnswer => {
      if (!all.some(isKept)) return answer
      const joined = asked.map(({ field: { responseKey }, places }) => {
        const rest = answer.data?.[responseKey]
        const left = Array.isArray(rest) ? rest.values() : [].values()
        return [
          responseKey,
          places.map(({ kept }) => (kept === undefined ? left.next().value : parsed(kept))),
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

const keysByType = Map.groupBy(entityChanges, ({ type }) => type)

/** How an entity is called: by a key that events name, if its representation has one. */
const entityOf = (representation: unknown): string => {
  const { __typename: type, ...values } = valuesOf(representation)
  const keys = keysByType.get(String(type))?.flatMap(({ keys }) => keys) ?? []
  const key = keys.find(field => field in values)
  return key === undefined ? JSON.stringify(representation) : nameOf(String(type), key, values[key])
}
