import { coordinatesIn } from '@supergraph/composition/graph-changes.ts'
import { findServed, listVariants } from '@supergraph/registry/database/graph-store.ts'
import { readUsage, type Usage, type UsedOperation } from '@supergraph/registry/database/usage-reads.ts'
import { readSupergraph } from '@supergraph/registry/database/version-store.ts'
import { type GraphRef, textOf } from '@supergraph/registry/graph-ref.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { buildSchema, type GraphQLSchema, isInterfaceType, isObjectType, parse, validate } from 'graphql'
import type { DataSource } from 'typeorm'
import { formatTable } from '../table.ts'

/** Of which usage is told: of all operations, of those that use a field, or of all fields. */
export type UsageQuestion = {
  readonly ref: GraphRef
  readonly days: number
  readonly of: 'operations' | 'fields' | { readonly field: string }
}

class NoUsage extends ExpectedError {}

/** Tells what clients of a variant ran; throws an ExpectedError if that is not known. */
export const describeUsage = async (
  database: DataSource,
  { ref, days, of }: UsageQuestion,
): Promise<string> => {
  const variants = await listVariants(database, ref.graph)
  if (!variants.some(({ name }) => name === ref.variant))
    throw new NoUsage(`there is no variant ${textOf(ref)}`)
  const usage = await readUsage(database, ref, days * 86_400)
  if (usage === undefined)
    throw new NoUsage(
      `no gateway has reported usage of ${textOf(ref)} in the last ${days} days: docs/registry.md tells how it does`,
    )
  if (of === 'operations') return [operationsTable(usage.operations), summary(usage)].join('\n\n')
  const api = await readApi(database, ref)
  const used = usage.operations.map(operation => ({ ...operation, fields: fieldsOf(operation, api) }))
  if (of === 'fields') return [fieldsTable(api, used), summary(usage)].join('\n\n')
  if (!fieldsIn(api).includes(of.field)) throw new NoUsage(`${textOf(ref)} has no field ${of.field}`)
  const users = used.filter(({ fields }) => fields.has(of.field))
  const table = users.length === 0 ? `no operation uses ${of.field}` : operationsTable(users)
  return [table, summary(usage)].join('\n\n')
}

const readApi = async (database: DataSource, ref: GraphRef): Promise<GraphQLSchema> => {
  const served = await findServed(database, ref)
  const supergraph = served === undefined ? undefined : await readSupergraph(database, ref, served)
  if (supergraph === undefined) throw new NoUsage(`${textOf(ref)} serves nothing`)
  return buildSchema(supergraph.api)
}

/** n.b. what was run before the API changed may not be valid any more. */
const fieldsOf = ({ signature }: UsedOperation, api: GraphQLSchema): ReadonlySet<string> => {
  try {
    const document = parse(signature, { noLocation: true })
    return validate(api, document).length === 0 ? coordinatesIn(document, api) : new Set()
  } catch {
    return new Set()
  }
}

const fieldsIn = (api: GraphQLSchema): readonly string[] =>
  Object.values(api.getTypeMap())
    .filter(type => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap(type =>
      'getFields' in type ? Object.keys(type.getFields()).map(name => `${type.name}.${name}`) : [],
    )

const operationsTable = (operations: readonly UsedOperation[]): string =>
  table(
    ['OPERATION', 'CLIENT', 'VERSION', 'REQUESTS', 'LAST DAY'],
    operations.flatMap(({ name, clients, lastDay }) =>
      clients.map(client => [
        name || '(no name)',
        client.name || '(no name)',
        client.version,
        client.requests.toLocaleString('en'),
        lastDay,
      ]),
    ),
  )

type Used = UsedOperation & { readonly fields: ReadonlySet<string> }

const fieldsTable = (api: GraphQLSchema, operations: readonly Used[]): string => {
  const rows = fieldsIn(api).map(field => {
    const users = operations.filter(({ fields }) => fields.has(field))
    const requests = users.reduce((sum, operation) => sum + operation.requests, 0)
    return { field, requests, names: [...new Set(users.map(({ name }) => name || '(no name)'))] }
  })
  return table(
    ['FIELD', 'REQUESTS', 'OPERATIONS'],
    rows
      .toSorted((one, other) => other.requests - one.requests || (one.field < other.field ? -1 : 1))
      .map(({ field, requests, names }) => [field, requests.toLocaleString('en'), names.join(', ')]),
  )
}

const summary = ({ since, requests, otherRequests }: Usage): string => {
  const other =
    otherRequests === 0
      ? ''
      : `; ${otherRequests.toLocaleString('en')} ran operations that are not told apart`
  const noun = requests === 1 ? 'request' : 'requests'
  return `${requests.toLocaleString('en')} ${noun} since ${since}${other}`
}

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  formatTable(
    titles.map(title => ({ title })),
    rows,
    Number.POSITIVE_INFINITY,
  )
