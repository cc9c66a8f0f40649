import { keptFor } from '@supergraph/metrics/metrics.ts'
import type { DataSource } from 'typeorm'
import { readUses } from '../database/use-store.ts'
import { flowLines } from '../graph/flow-mermaid.ts'
import { flowSvg } from '../graph/flow-svg.ts'
import { type Graph, readGraph } from '../graph/read-graph.ts'
import type { FieldUse, SchemaView, ServedSupergraph } from '../pages/views.ts'
import type { SystemMap } from '../system-map.ts'
import type { View } from './view.ts'

const usesKeptMs = 5_000
const usersOfField = 20

/** The views of the schema: every field with who resolves, uses and may read it; and the flow diagram for documents. */
export const createSchemaViews = (
  database: DataSource,
  map: SystemMap,
  readServed: () => Promise<ServedSupergraph | null>,
): readonly View[] => {
  let graph: Graph | undefined
  const usesByField = keptFor(usesKeptMs, async () => groupUses(await readUses(database)))

  const read = async (id: string): Promise<SchemaView | undefined> => {
    graph ??= readGraph()
    const { types, recorded } = graph
    const [typeName, fieldName] = id.split('.')
    const type = types.find(({ name }) => name === typeName)
    const isThere = fieldName === undefined || type?.fields.some(({ name }) => name === fieldName)
    if (id !== '' && (type === undefined || !isThere)) return undefined
    const [uses, served] = await Promise.all([usesByField(), readServed()])
    return {
      served,
      types: types.map(({ fields, ...rest }) => ({
        ...rest,
        fields: fields.map(field => ({
          ...field,
          recorded: recorded.get(`${rest.name}.${field.name}`) ?? [],
          uses: uses.get(`${rest.name}.${field.name}`) ?? [],
        })),
      })),
    }
  }
  return [
    { path: /^\/schema\/flow\.svg$/, mediaType: 'image/svg+xml', read: async () => flowSvg(map) },
    {
      path: /^\/schema\/flow\.mmd$/,
      mediaType: 'text/plain',
      read: async () => `${flowLines(map).join('\n')}\n`,
    },
    { path: /^\/schema(?:\/([\w.]+))?$/, read },
  ]
}

/** The uses of each field by its coordinates, most first; an operation may have had several plans. */
const groupUses = (all: Awaited<ReturnType<typeof readUses>>): ReadonlyMap<string, readonly FieldUse[]> => {
  const byField = new Map<string, Map<string, FieldUse>>()
  for (const { fields, operation, client, uses, lastAt } of all)
    for (const field of fields) {
      const ofField = byField.get(field) ?? new Map<string, FieldUse>()
      const key = JSON.stringify([operation, client])
      const known = ofField.get(key)
      ofField.set(key, {
        operation,
        client,
        uses: uses + (known?.uses ?? 0),
        lastAt: known !== undefined && known.lastAt > lastAt ? known.lastAt : lastAt,
      })
      byField.set(field, ofField)
    }
  return new Map(
    [...byField].map(([field, uses]) => [
      field,
      [...uses.values()].toSorted((a, b) => b.uses - a.uses).slice(0, usersOfField),
    ]),
  )
}
