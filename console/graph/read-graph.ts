import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import { buildSchema, parse } from 'graphql'
import { type GraphType, typesOf } from './fields.ts'
import { recordedUses } from './recorded-uses.ts'

/** The graph of the project's folder, and the recorded operations that select each field. */
export type Graph = {
  readonly types: readonly GraphType[]
  readonly recorded: ReadonlyMap<string, readonly string[]>
}

/** Reads the graph from `schema/`. */
export const readGraph = (): Graph => {
  const read = (file: string) =>
    readFileSync(fileURLToPath(import.meta.resolve(`@supergraph/schema/${file}`)), 'utf8')
  const documents = readRecordedOperations().map(text => parse(text, { noLocation: true }))
  return {
    types: typesOf(parse(read('supergraph.graphql'), { noLocation: true })).filter(isOfTheShop),
    recorded: recordedUses(documents, buildSchema(read('api.graphql'))),
  }
}

/** n.b. types such as `join__FieldSet` are the composition's own. */
const isOfTheShop = ({ name }: GraphType): boolean => !name.includes('__')
