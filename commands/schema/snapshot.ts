import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import type { CheckedGraph } from '@supergraph/composition/check.ts'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import type { EventDocuments } from '@supergraph/composition/event-changes.ts'
import type { RecordedOperation } from '@supergraph/composition/graph-changes.ts'
import type { ComposedSubgraphs } from '@supergraph/composition/lint-changes.ts'
import { type RoverSubgraph, readRoverConfig } from '@supergraph/composition/rover-config.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { parse, YAMLParseError } from 'yaml'
import { publishedFile, receivedFile } from './asyncapi-document.ts'
import type { BaseCommit } from './base.ts'

/** What a schema check compares: the graph, the recorded operations and the events, at one moment. */
export type Snapshot = Omit<CheckedGraph, 'subgraphs'> & {
  readonly subgraphs: readonly RoverSubgraph[]
  /** The AsyncAPI documents; `published` is undefined if there is none yet. */
  readonly events: EventDocuments
}

/** The files as they are on disk. */
export const readWorkingTree = (): Snapshot => {
  const read = (path: string) => readFileSync(path, 'utf8')
  const operations = existsSync(operationsFolder)
    ? readdirSync(operationsFolder).map(name => `${operationsFolder}/${name}`)
    : []
  const documents = globSync([publishedFile, receivedFile('{*,*/*}')], { exclude: ['node_modules'] })
  return {
    ...compose(read),
    operations: readOperations(operations, read),
    events: readEvents(documents, read),
  }
}

/** The files as a commit has them. */
export const readCommit = ({ read, list }: BaseCommit): Snapshot => ({
  ...compose(read),
  operations: readOperations(list(`${operationsFolder}/`), read),
  events: readEvents(list('./'), read),
})

type Read = (path: string) => string

const operationsFolder = 'schema/operations'

// n.b. a file that can't be read or parsed throws before composition begins: for a check that is one more failure
const compose = (read: Read): Pick<Snapshot, keyof ComposedSubgraphs> => {
  try {
    const subgraphs = readRoverConfig(read)
    return { subgraphs, composition: composeSubgraphs(subgraphs) }
  } catch (error) {
    const errors = [{ code: 'UNREADABLE', message: messageOf(error), locations: [] }]
    return { subgraphs: [], composition: { kind: 'failed', errors } }
  }
}

const readOperations = (paths: readonly string[], read: Read): readonly RecordedOperation[] =>
  paths
    .filter(path => path.endsWith('.graphql'))
    .sort()
    .map(file => ({ file, text: read(file) }))

const readEvents = (paths: readonly string[], read: Read): EventDocuments => ({
  published: paths.includes(publishedFile) ? readYaml(read(publishedFile)) : undefined,
  received: paths.filter(path => path.endsWith(receivedFile(''))).map(path => readYaml(read(path))),
})

// n.b. null, not undefined, if the text is no YAML: the document is there, and unreadable
const readYaml = (text: string): unknown => {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof YAMLParseError) return null
    throw error
  }
}
