import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { hashOf } from './chance.ts'

/** One entity: a number in its family, which is its type, or the interface with a key that its type implements. */
export type Entity = { readonly family: string; readonly number: number }

/** How entities are named and found again; the same in every subgraph, whatever it knows of them. */
export type Entities = {
  /** The entity that a value of this type is, chosen by the text; undefined if the type is no entity. */
  readonly choose: (type: string, text: string) => Entity | undefined
  readonly typeOf: (entity: Entity) => string
  /** The entity that a representation stands for; undefined if it has no key that anything has. */
  readonly find: (representation: Readonly<Record<string, unknown>>) => Entity | undefined
  /** The value of a field that is, or is part of, a key; undefined if it is none. */
  readonly keyValue: (entity: Entity, field: string) => string | undefined
}

const keyFields = ['id', 'sku', 'code']
const perFamily = 12

/** Reads from the supergraph, as clients see it, which types are entities: those that a subgraph can find by a key. */
export const createEntities = (schema: GraphQLSchema, entityTypes: ReadonlySet<string>): Entities => {
  const members = new Map<string, readonly string[]>()
  const families = new Map<string, string>()
  for (const name of entityTypes) {
    const type = schema.getType(name)
    if (!isInterfaceType(type)) continue
    const types = schema.getPossibleTypes(type).map(({ name }) => name)
    members.set(name, types)
    for (const member of [name, ...types]) families.set(member, name)
  }
  for (const name of entityTypes) {
    if (families.has(name) || !isObjectType(schema.getType(name))) continue
    members.set(name, [name])
    families.set(name, name)
  }
  return {
    choose: (type, text) => {
      const family = families.get(type)
      const types = members.get(family ?? '')
      if (family === undefined || types === undefined) return undefined
      const drawn = hashOf(text) % perFamily
      return { family, number: family === type ? drawn : drawn * types.length + types.indexOf(type) }
    },
    typeOf: ({ family, number }) => {
      const types = members.get(family) ?? []
      return types[number % types.length] ?? family
    },
    find: representation => {
      const family = families.get(String(representation.__typename))
      const key = keyFields.map(field => representation[field]).find(value => typeof value === 'string')
      const number = Number(/-(\d+)$/.exec(String(key))?.[1] ?? Number.NaN)
      return family === undefined || Number.isNaN(number) ? undefined : { family, number }
    },
    keyValue: ({ family, number }, field) =>
      keyFields.includes(field) ? `${family} ${field}-${number}` : undefined,
  }
}
