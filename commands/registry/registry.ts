import { readFileSync } from 'node:fs'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { toClientOperation } from '@supergraph/registry/client-operation.ts'
import { createComposers } from '@supergraph/registry/composer/composer.ts'
import { addGraph, listGraphs, listVariants } from '@supergraph/registry/database/graph-store.ts'
import { addKey, listKeys, revokeKey } from '@supergraph/registry/database/key-store.ts'
import { openRegistryDatabase } from '@supergraph/registry/database/open.ts'
import { addOperations, countOperations } from '@supergraph/registry/database/operation-store.ts'
import { listVersions, readSubgraphs } from '@supergraph/registry/database/version-store.ts'
import { type GraphRef, textOf } from '@supergraph/registry/graph-ref.ts'
import { movingFields } from '@supergraph/registry/override-labels.ts'
import { createVariantChanges } from '@supergraph/registry/variant-changes.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { readRecordedOperations } from '@supergraph/schema/recorded-operations.ts'
import type { DataSource } from 'typeorm'
import { runCommand } from '../command-line.ts'
import { ownDatabaseHelp, readOwnDatabaseUrl } from '../own-database.ts'
import { formatTable } from '../table.ts'
import { type RegistryCall, readArguments } from './arguments.ts'
import { describeUsage } from './usage.ts'

const help = `npm run registry -- ACTION [options]

What an operator does in the registry; rover does the rest (docs/registry.md).

  graphs                         lists the graphs with their variants
  graphs add GRAPH               adds a graph
  keys GRAPH                     lists the keys to a graph
  keys add GRAPH --role ROLE     makes a key and prints it; it is shown this once, and only its hash is kept
  keys revoke GRAPH ID           makes a key invalid at once
  versions GRAPH@VARIANT         lists the versions of a variant, the latest first
  roll-back GRAPH@VARIANT N      makes a new version that is as version N was
  labels GRAPH@VARIANT           lists the labels of @override, with their shares of traffic and the fields that move
  labels set GRAPH@VARIANT LABEL PERCENT
                                 makes a new version in which the label has this share, from 0 to 100
  usage GRAPH@VARIANT            tells which operations clients ran, how often, as gateways report it
  operations GRAPH [FILE...]     records operations that clients send, by default those in schema/operations

  --role ROLE        check: read and check. publish: also publish. admin: also delete (keys add)
  --note TEXT        what the key is for (keys add)
  --message TEXT     why (roll-back, labels set)
  --days N           of the last N days, 30 if left out (usage)
  --field NAME       only operations that use a field, such as Product.inStock (usage)
  --fields           how often each field was used, unused ones last (usage)
  --help             this text

${ownDatabaseHelp('registry')}

Exits with 0 when it is done, 1 when it can't do it, 2 when it was called wrongly.`

/** What the operator asks for can't be done. */
class RegistryError extends ExpectedError {
  override readonly name = 'RegistryError'
}

const shownVersions = 50

const act = async (database: DataSource, call: RegistryCall): Promise<string> => {
  switch (call.action) {
    case 'list graphs':
      return listAll(database)
    case 'add graph': {
      const isNew = await addGraph(database, call.graph)
      if (!isNew) throw new RegistryError(`there is a graph ${call.graph} already`)
      return `${call.graph} is there: npm run registry -- keys add ${call.graph} --role publish`
    }
    case 'list keys':
      await demandGraph(database, call.graph)
      return describeKeys(database, call.graph)
    case 'add key':
      await demandGraph(database, call.graph)
      return addKey(database, call, { note: call.note })
    case 'revoke key': {
      const isRevoked = await revokeKey(database, call.graph, call.id)
      if (!isRevoked) throw new RegistryError(`${call.graph} has no valid key ${call.id}`)
      return `key ${call.id} of ${call.graph} is invalid now`
    }
    case 'list versions':
      return describeVersions(database, call.ref)
    case 'show usage':
      return describeUsage(database, call)
    case 'roll back': {
      const changes = createVariantChanges(database, createComposers().composerOf(undefined))
      const { number } = await changes.rollBack(call.ref, call.number, signatureFor(call.message))
      return `${textOf(call.ref)} is at version ${number}, which is as ${call.number} was`
    }
    case 'list labels':
      return describeLabels(database, call.ref)
    case 'set label': {
      await demandGraph(database, call.ref.graph)
      const changes = createVariantChanges(database, createComposers().composerOf(undefined))
      const { number } = await changes.setShare(call.ref, call, signatureFor(call.message))
      return `${textOf(call.ref)} is at version ${number}: ${call.label} has ${call.share} % of traffic`
    }
    case 'record operations': {
      await demandGraph(database, call.graph)
      const texts = call.files?.map(file => readFileSync(file, 'utf8')) ?? readRecordedOperations()
      const operations = texts.map(toClientOperation)
      const added = await addOperations(database, call.graph, operations)
      return `${added} operations are new; ${call.graph} has ${await countOperations(database, call.graph)}`
    }
    default:
      return call satisfies never
  }
}

const signatureFor = (message: string) => ({ author: process.env.USER ?? 'operator', message })

const demandGraph = async (database: DataSource, graph: string): Promise<void> => {
  const graphs = await listGraphs(database)
  if (!graphs.includes(graph))
    throw new RegistryError(
      `there is no graph ${graph}: npm run registry -- graphs add ${graph} adds it. There are: ${graphs.join(', ') || 'none'}`,
    )
}

const listAll = async (database: DataSource): Promise<string> => {
  const graphs = await listGraphs(database)
  const rows = await Promise.all(
    graphs.map(async graph => {
      const variants = await listVariants(database, graph)
      return variants.length === 0
        ? [[graph, '', '']]
        : variants.map(({ name, latest, served }) => [
            textOf({ graph, variant: name }),
            `${latest}`,
            `${served ?? 'none'}`,
          ])
    }),
  )
  return table(['GRAPH', 'LATEST VERSION', 'SERVED'], rows.flat())
}

const describeKeys = async (database: DataSource, graph: string): Promise<string> =>
  table(
    ['ID', 'ROLE', 'MADE', 'REVOKED', 'NOTE'],
    (await listKeys(database, graph)).map(({ id, role, createdAt, revokedAt, note }) => [
      String(id),
      role,
      createdAt.toISOString(),
      revokedAt?.toISOString() ?? '',
      note,
    ]),
  )

const describeVersions = async (
  database: DataSource,
  ref: Parameters<typeof listVersions>[1],
): Promise<string> => {
  const versions = await listVersions(database, ref, shownVersions)
  if (versions.length === 0) throw new RegistryError(`there is no variant ${textOf(ref)}`)
  const [variant] = (await listVariants(database, ref.graph)).filter(({ name }) => name === ref.variant)
  return table(
    ['VERSION', 'AT', 'CHANGE', 'COMPOSES', 'AUTHOR', 'MESSAGE'],
    versions.map(({ number, createdAt, change, errors, author, message }) => [
      `${number}${number === variant?.served ? ' (served)' : ''}`,
      createdAt.toISOString(),
      change,
      errors.length === 0 ? 'yes' : (errors[0]?.code ?? 'no'),
      author,
      message,
    ]),
  )
}

const describeLabels = async (database: DataSource, ref: GraphRef): Promise<string> => {
  const [latest] = await listVersions(database, ref, 1)
  if (latest === undefined) throw new RegistryError(`there is no variant ${textOf(ref)}`)
  const composition = composeSubgraphs(await readSubgraphs(database, ref, latest.number))
  if (composition.kind === 'failed')
    throw new RegistryError(`the latest version of ${textOf(ref)} does not compose`)
  return table(
    ['LABEL', 'SHARE', 'FIELDS'],
    movingFields(composition.supergraph).map(({ label, ownShare, fields }) => [
      label,
      ownShare === undefined ? `${latest.shares.get(label) ?? 0} %` : `${ownShare} %, in the schema`,
      fields.join(', '),
    ]),
  )
}

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  formatTable(
    titles.map(title => ({ title })),
    rows,
    Number.POSITIVE_INFINITY,
  )

await runCommand(help, async () => {
  const call = readArguments(process.argv.slice(2))
  const database = await openRegistryDatabase(await readOwnDatabaseUrl('registry', 'registry', process.env))
  try {
    console.log(await act(database, call))
  } finally {
    await database.destroy()
  }
})
