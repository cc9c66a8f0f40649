import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { parse, YAMLParseError } from 'yaml'
import { ZodError, z } from 'zod'
import { parseArguments, runCommand } from '../command-line.ts'
import { publishedFile, receivedFile } from './asyncapi-document.ts'
import { type EventDocuments, findEventChanges } from './event-changes.ts'
import { type Base, findBase } from './schema-base.ts'
import { type Finding, findBrokenOperations, findChanges, type RecordedOperation } from './schema-changes.ts'
import { apiSchemaOf, type Composition, composeSupergraph } from './supergraph.ts'

const help = `npm run schema:check -- [--base REF]

Checks the graph of the working tree against the commit where it left its base branch:
  composition   the subgraphs of rover.yaml compose
  freshness     schema/supergraph.graphql and schema/api.graphql are what composes
  changes       nothing that clients may use is gone or stricter
  operations    every operation in schema/operations is still valid, as it is now and as the base has it
  events        schema/asyncapi.yaml: who reads an event, be it old or new, can; no queue stops taking one

  --base REF    branch, tag or commit to compare with; by default origin/main, else main
  --help        this text

FAIL breaks clients, WARN may surprise them, PASS is safe. OPERATIONS are the recorded ones that use what changed, or the
queues that take the event.
Exits with 0 when nothing fails, 1 when something does, 2 when it can't check.`

const operationsFolder = 'schema/operations'

type Side = {
  readonly composition: Composition
  readonly operations: readonly RecordedOperation[]
  /** The AsyncAPI documents; `published` is undefined if there is none yet. */
  readonly events: EventDocuments
}

const check = async (ref: string | undefined): Promise<void> => {
  const base = findBase(ref)
  const now = readWorkingTree()
  const findings = await findAll(now, base.kind === 'commit' ? readBase(base) : undefined)
  if (base.kind === 'none') {
    console.log(`nothing to compare with: ${base.reason}; composition, freshness and operations are checked`)
  }
  if (findings.length > 0) console.log(table(findings))
  const count = (status: Finding['status']) => findings.filter(finding => finding.status === status).length
  console.log(
    [
      `schema:check against ${base.kind === 'commit' ? base.name : 'nothing'}: ${count('FAIL')} failed`,
      `${count('WARN')} to look at`,
      `${count('PASS')} safe`,
      `${now.operations.length} recorded operations`,
    ].join(', '),
  )
  if (count('FAIL') > 0) process.exitCode = 1
}

const findAll = async (now: Side, base: Side | undefined): Promise<readonly Finding[]> => [
  ...(await findInGraph(now, base)),
  ...findInEvents(now, base),
]

const findInEvents = (now: Side, base: Side | undefined): readonly Finding[] => {
  if (base?.events.published === undefined) return []
  try {
    return findEventChanges(base.events, now.events)
  } catch (error) {
    if (!(error instanceof ZodError)) throw error
    const message = `run npm run asyncapi, and commit what it writes: ${z.prettifyError(error)}`
    return [failed(publishedFile)({ code: 'EVENTS_UNREADABLE', message })]
  }
}

const findInGraph = async (now: Side, base: Side | undefined): Promise<readonly Finding[]> => {
  if (now.composition.kind === 'failed') return now.composition.errors.map(failed('rover.yaml'))
  const stale = staleFiles(now.composition)
  const next = apiSchemaOf(now.composition.supergraph)
  if (base === undefined) return [...stale, ...findBrokenOperations(next, now.operations)]

  const texts = new Set(now.operations.map(({ text }) => text))
  const earlier = base.operations.filter(({ text }) => !texts.has(text))
  const operations = [
    ...now.operations,
    ...earlier.map(({ file, text }) => ({ file: `${file} (base)`, text })),
  ]
  const broken = findBrokenOperations(next, operations)
  if (base.composition.kind === 'failed') {
    const message = 'does not compose, so what changed since then is unknown'
    const unknown: Finding = { ...failed('base')({ code: 'BASE_NOT_COMPOSED', message }), status: 'WARN' }
    return [...stale, ...broken, unknown]
  }
  return [
    ...stale,
    ...broken,
    ...(await findChanges(apiSchemaOf(base.composition.supergraph), next, operations)),
  ]
}

const failed =
  (path: string) =>
  ({ code, message }: { readonly code: string; readonly message: string }): Finding => ({
    status: 'FAIL',
    code,
    path,
    message,
    operations: [],
  })

const staleFiles = (composition: Extract<Composition, { kind: 'composed' }>): readonly Finding[] =>
  Object.entries({
    'schema/supergraph.graphql': composition.supergraph,
    'schema/api.graphql': composition.api,
  })
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(([path]) =>
      failed(path)({ code: 'STALE', message: 'run npm run compose, and commit what it writes' }),
    )

const readWorkingTree = (): Side => ({
  composition: compose(path => readFileSync(path, 'utf8')),
  operations: existsSync(operationsFolder)
    ? readOperations(
        readdirSync(operationsFolder).map(name => `${operationsFolder}/${name}`),
        path => readFileSync(path, 'utf8'),
      )
    : [],
  events: readEvents(
    globSync([publishedFile, receivedFile('{*,*/*}')], { exclude: ['node_modules'] }),
    path => readFileSync(path, 'utf8'),
  ),
})

const readBase = (base: Extract<Base, { kind: 'commit' }>): Side => ({
  composition: compose(base.read),
  operations: readOperations(base.list(`${operationsFolder}/`), base.read),
  events: readEvents(base.list('./'), base.read),
})

const readEvents = (paths: readonly string[], read: (path: string) => string): EventDocuments => ({
  published: paths.includes(publishedFile) ? readYaml(read(publishedFile)) : undefined,
  received: paths.filter(path => path.endsWith(receivedFile(''))).map(path => readYaml(read(path))),
})

// n.b. null, not undefined, where it is no YAML: the document is there, and unreadable
const readYaml = (text: string): unknown => {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof YAMLParseError) return null
    throw error
  }
}

const readOperations = (
  paths: readonly string[],
  read: (path: string) => string,
): readonly RecordedOperation[] =>
  paths
    .filter(path => path.endsWith('.graphql'))
    .sort()
    .map(file => ({ file, text: read(file) }))

// n.b. what can't be read or parsed throws before composition begins; for a check that is one more failure
const compose = (read: (path: string) => string): Composition => {
  try {
    return composeSupergraph(read)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', errors: [{ code: 'UNREADABLE', message }] }
  }
}

const table = (findings: readonly Finding[]): string => {
  const rows = [
    ['STATUS', 'CODE', 'PATH', 'MESSAGE', 'OPERATIONS'],
    ...findings.map(({ status, code, path, message, operations }) => [
      status,
      code,
      path,
      message.replaceAll(/\s+/g, ' '),
      operations.join(', '),
    ]),
  ]
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  )
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

await runCommand(
  help,
  async () => {
    const { values } = parseArguments({ options: { base: { type: 'string' } } })
    await check(values.base)
  },
  { failureCode: 2 },
)
