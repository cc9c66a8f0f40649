import { errorWithoutStack } from '@supergraph/runtime/errors.ts'
import type { GraphQLError } from 'graphql'
import type { Place, PlanPath, PlanRun } from './run.ts'

/**
 * The errors for places of an answer with null where nothing else may be, or with a value that is not of its type: none for
 * those that another error explains. Places are told as the client knows them.
 */
export const faultErrors = (
  faults: readonly Place[],
  { withoutPlace, unknown }: Pick<PlanRun, 'withoutPlace' | 'unknown'>,
  errors: readonly GraphQLError[],
  toClient: (path: Place) => Place,
): readonly GraphQLError[] => {
  const isExplained = createIsExplained(
    errors.flatMap(({ path = [] }) => [path]),
    withoutPlace.map(toClient),
  )
  const left = faults.filter(fault => !isExplained(fault))
  if (left.length === 0) return []
  const servicesAt = new Map<string, { readonly place: Place; readonly services: Set<string> }>()
  for (const { service, places } of unknown) {
    for (const place of places.map(toClient)) {
      const known = servicesAt.get(textOf(place))
      if (known === undefined) servicesAt.set(textOf(place), { place, services: new Set([service]) })
      else known.services.add(service)
    }
  }
  const told = new Set<object>()
  return left.flatMap(fault => {
    const entity = servicesAt.size === 0 ? undefined : entityAround(fault, text => servicesAt.get(text))
    if (entity === undefined) return invalid(fault)
    if (told.has(entity)) return []
    told.add(entity)
    return [...entity.services].map(service => notFound(service, entity.place))
  })
}

const invalid = (path: Place): GraphQLError =>
  errorWithoutStack('What a subgraph answered does not fit the schema here.', {
    path,
    extensions: { code: 'INVALID_ANSWER' },
  })

const notFound = (service: string, path: Place): GraphQLError =>
  errorWithoutStack(`${service} does not know what is asked of it here.`, {
    path,
    extensions: { code: 'ENTITY_NOT_FOUND', service },
  })

/** What is known of the innermost place around a fault. */
const entityAround = <T>(fault: Place, find: (place: string) => T | undefined): T | undefined => {
  for (let end = fault.length; end > 0; end -= 1) {
    const found = find(textOf(fault.slice(0, end)))
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Tells whether an error says already why there is nothing at a place: one about it, about what is around or inside it, or
 * about a fetch for what is around it.
 */
const createIsExplained = (
  told: readonly Place[],
  fetched: readonly Place[],
): ((place: Place) => boolean) => {
  const isAbout = new Set(told.filter(place => place.length > 0).map(textOf))
  const isInside = new Set(told.flatMap(place => place.map((_, end) => textOf(place.slice(0, end)))))
  const isFetched = new Set(fetched.map(path => textOf(keysIn(path))))
  return place => {
    if (isInside.has(textOf(place))) return true
    const keys = keysIn(place)
    return (
      place.some((_, end) => isAbout.has(textOf(place.slice(0, end + 1)))) ||
      [...keys, ''].some((_, end) => isFetched.has(textOf(keys.slice(0, end))))
    )
  }
}

/** Without the elements of lists, as a plan's path may leave them out. */
const keysIn = (path: Place | PlanPath): Place => path.filter(key => typeof key === 'string' && key !== '@')

const textOf = (place: Place): string => JSON.stringify(place)
