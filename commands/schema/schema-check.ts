import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { check as checkGraph } from '@supergraph/composition/check.ts'
import type { Composition } from '@supergraph/composition/composition.ts'
import { type Finding, fail } from '@supergraph/composition/finding.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import { parseArguments, runCommand, UsageError } from '../command-line.ts'
import { findBase } from './base.ts'
import { countOf, type PlacedFinding, type SchemaCheckReport } from './report/check-report.ts'
import { toJson } from './report/json.ts'
import { toMarkdown } from './report/markdown.ts'
import { createPlaceOf } from './report/places.ts'
import { toSarif } from './report/sarif.ts'
import { formatReport } from './report/table.ts'
import { readCommit, readWorkingTree, type Snapshot } from './snapshot.ts'

const help = `npm run schema:check -- [--base REF] [--json | --sarif | --markdown] [--reports FOLDER]

Checks the graph of the working tree against the commit where it left its base branch:
  composition   the subgraphs of rover.yaml compose
  freshness     schema/supergraph.graphql and schema/api.graphql are the result of the composition, and the AsyncAPI
                documents that of schema/events and the queues
  changes       nothing that clients may use is gone or stricter
  operations    every operation in schema/operations is still valid, as it is now and as the base has it
  blast radius  no operation needs more requests to subgraphs, or loses everything while one subgraph is away
  lint          what the change adds is named, described, dated and bounded as the rest is
  events        schema/asyncapi.yaml: every reader can read old and new events; no queue stops taking an event

  --base REF    branch, tag or commit to compare with; by default origin/main, else main
  --json, --sarif, --markdown
                print the report so, and not as a table: for programs, for code scanning, for a comment (add --silent to
                npm run, which prints lines of its own)
  --reports FOLDER
                write the report in these three forms beside: schema-check.json, .sarif and .md
  --help        this text

FAIL breaks clients or gives a name that is none, WARN may surprise somebody, PASS is safe. OPERATIONS are the recorded ones that use what changed, or the
queues that take the event.
Exits with 0 when nothing fails, 1 when something does, 2 when it can't check.`

const check = async (ref: string | undefined, { format, reports }: Wanted): Promise<void> => {
  const base = findBase(ref)
  const [now, before] = [readWorkingTree(), base.kind === 'commit' ? readCommit(base) : undefined]
  const report: SchemaCheckReport = {
    base: base.kind === 'commit' ? base.name : undefined,
    operations: now.operations.length,
    findings: await findAll(now, before),
  }
  if (base.kind === 'none')
    console.error(
      `nothing to compare with: ${base.reason}; composition, freshness and operations are checked`,
    )
  process.stdout.write(`${formats[format](report).trimEnd()}\n`)
  if (reports !== undefined) writeReports(reports, report)
  if (countOf(report, 'FAIL') > 0) process.exitCode = 1
}

const formats = { table: formatReport, json: toJson, sarif: toSarif, markdown: toMarkdown } as const
const endings = { json: 'json', sarif: 'sarif', markdown: 'md' } as const

/** How the report is printed, and the folder into which all forms of it are written. */
type Wanted = { readonly format: keyof typeof formats; readonly reports: string | undefined }

const writeReports = (folder: string, report: SchemaCheckReport): void => {
  mkdirSync(folder, { recursive: true })
  for (const format of ['json', 'sarif', 'markdown'] as const)
    writeFileSync(join(folder, `schema-check.${endings[format]}`), formats[format](report))
}

const findAll = async (now: Snapshot, base: Snapshot | undefined): Promise<readonly PlacedFinding[]> => {
  const { changes, lint, blastRadius, events } = await checkGraph(now, base)
  const stale = now.composition.kind === 'composed' ? findStaleGraph(now.composition) : []
  const found = [...stale, ...changes, ...blastRadius, ...events, ...(await findStaleEvents())]
  const fileOf = new Map(now.subgraphs.map(({ name, file }) => [name, file]))
  return [
    ...found.map(createPlaceOf(now, base)),
    ...lint.map(
      ({ level, rule, coordinate, message, subgraph, start }): PlacedFinding => ({
        status: level === 'ERROR' ? 'FAIL' : 'WARN',
        code: rule,
        path: coordinate,
        message,
        operations: [],
        file: fileOf.get(subgraph) ?? 'rover.yaml',
        line: start.line,
        column: start.column,
      }),
    ),
  ]
}

/** n.b. the documents follow from the program text of the tree that is checked, so that tree's own generator is asked. */
const findStaleEvents = async (): Promise<readonly Finding[]> => {
  const generator = resolve('commands/schema/asyncapi-files.ts')
  if (!existsSync(generator)) return []
  try {
    const { asyncapiFiles } = await import(pathToFileURL(generator).href)
    return staleFiles(z.record(z.string(), z.string()).parse(asyncapiFiles()), 'asyncapi')
  } catch (error) {
    return [fail('EVENTS_UNREADABLE', 'schema/events', messageOf(error))]
  }
}

const findStaleGraph = ({
  supergraph,
  api,
}: Extract<Composition, { kind: 'composed' }>): readonly Finding[] =>
  staleFiles({ 'schema/supergraph.graphql': supergraph, 'schema/api.graphql': api }, 'compose')

const staleFiles = (files: Readonly<Record<string, string>>, command: string): readonly Finding[] =>
  Object.entries(files)
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(([path]) => fail('STALE', path, `run npm run ${command}, and commit what it writes`))

const readWanted = (
  values: Readonly<Partial<Record<'json' | 'sarif' | 'markdown', boolean>>> & { readonly reports?: string },
): Wanted => {
  const [format = 'table', ...more] = (['json', 'sarif', 'markdown'] as const).filter(name => values[name])
  if (more.length > 0)
    throw new UsageError(`print one form, and write all with --reports: ${[format, ...more].join(', ')}`)
  return { format, reports: values.reports }
}

await runCommand(
  help,
  async () => {
    const { values } = parseArguments({
      options: {
        base: { type: 'string' },
        json: { type: 'boolean' },
        sarif: { type: 'boolean' },
        markdown: { type: 'boolean' },
        reports: { type: 'string' },
      },
    })
    await check(values.base, readWanted(values))
  },
  { failureCode: 2 },
)
