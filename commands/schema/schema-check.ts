import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { check as checkGraph } from '@supergraph/composition/check.ts'
import type { Composition } from '@supergraph/composition/composition.ts'
import { type Finding, fail } from '@supergraph/composition/finding.ts'
import type { SubgraphLintFinding } from '@supergraph/composition/lint-changes.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import { parseArguments, runCommand } from '../command-line.ts'
import { formatTable } from '../table.ts'
import { findBase } from './base.ts'
import { readCommit, readWorkingTree, type Snapshot } from './snapshot.ts'

const help = `npm run schema:check -- [--base REF]

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
  --help        this text

FAIL breaks clients or gives a name that is none, WARN may surprise somebody, PASS is safe. OPERATIONS are the recorded ones that use what changed, or the
queues that take the event.
Exits with 0 when nothing fails, 1 when something does, 2 when it can't check.`

const check = async (ref: string | undefined): Promise<void> => {
  const base = findBase(ref)
  const now = readWorkingTree()
  const findings = await findAll(now, base.kind === 'commit' ? readCommit(base) : undefined)
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

const findAll = async (now: Snapshot, base: Snapshot | undefined): Promise<readonly Finding[]> => [
  ...(await findInGraph(now, base)),
  ...(await findStaleEvents()),
]

const findInGraph = async (now: Snapshot, base: Snapshot | undefined): Promise<readonly Finding[]> => {
  const { changes, lint, blastRadius, events } = await checkGraph(now, base)
  const stale = now.composition.kind === 'composed' ? findStaleGraph(now.composition) : []
  return [...stale, ...changes, ...blastRadius, ...events, ...lint.map(toFinding)]
}

const toFinding = ({ level, rule, coordinate, message }: SubgraphLintFinding): Finding => ({
  status: level === 'ERROR' ? 'FAIL' : 'WARN',
  code: rule,
  path: coordinate,
  message,
  operations: [],
})

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

const table = (findings: readonly Finding[]): string =>
  formatTable(
    ['STATUS', 'CODE', 'PATH', 'MESSAGE', 'OPERATIONS'].map(title => ({ title })),
    findings.map(({ status, code, path, message, operations }) => [
      status,
      code,
      path,
      message,
      operations.join(', '),
    ]),
    Number.POSITIVE_INFINITY,
  )

await runCommand(
  help,
  async () => {
    const { values } = parseArguments({ options: { base: { type: 'string' } } })
    await check(values.base)
  },
  { failureCode: 2 },
)
