import { createRequire } from 'node:module'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { type Finding, fail } from '@supergraph/composition/finding.ts'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { PlacedFinding } from './check-report.ts'
import { toJson } from './json.ts'
import { toMarkdown } from './markdown.ts'
import { createPlaceOf } from './places.ts'
import { toSarif } from './sarif.ts'
import { formatReport } from './table.ts'

const finding = (part: Partial<PlacedFinding> = {}): PlacedFinding => ({
  ...fail('FIELD_REMOVED', 'User.email', "Field 'email' was removed", ['Me of web 2']),
  file: 'subgraphs/users/schema.graphql',
  line: 3,
  column: 6,
  ...part,
})
const warned = finding({
  status: 'WARN',
  code: 'ENUM_VALUE_ADDED',
  path: 'Role.NEW',
  message: 'is new',
  operations: [],
})
const safe = finding({ status: 'PASS', code: 'FIELD_ADDED', path: 'User.phone', message: 'is new' })
const report = { base: 'main (1a2b3c4)', operations: 2, findings: [finding(), warned, safe] }
const reportOf = (findings: readonly PlacedFinding[]) => ({ ...report, findings })

const sarifLog = z.object({
  runs: z.tuple([
    z.object({
      tool: z.object({ driver: z.object({ rules: z.array(z.object({ id: z.string() })) }) }),
      results: z.array(
        z.object({
          ruleId: z.string(),
          ruleIndex: z.int(),
          level: z.string(),
          partialFingerprints: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ]),
})

const isSarif = () => {
  // n.b. the official schema is of draft 4, whose words that it uses mean the same in draft 7
  const { $schema, id, ...schema }: Record<string, unknown> = createRequire(import.meta.url)(
    '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json',
  )
  return new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, validateFormats: false }).compile(
    schema,
  )
}

describe('SARIF', () => {
  const validate = isSarif()

  it.each([
    ['of findings', [finding(), warned, safe]],
    ['of nothing', []],
    [
      'of a finding without a path, in a file with spaces',
      [finding({ path: '', file: 'my schema/ü.graphql' })],
    ],
  ])('%s is valid by the official schema', (_title, findings) => {
    expect(validate(JSON.parse(toSarif(reportOf(findings))))).toBe(true)
  })

  it('is not taken for valid whatever it says', () => {
    expect(validate({ version: '2.1.0', runs: [{ results: [] }] })).toBe(false)
  })

  it('tells what fails and what is to be looked at, by its rule and place, and nothing that is safe', () => {
    const text = toSarif(report)
    const [{ tool, results }] = sarifLog.parse(JSON.parse(text)).runs
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(['FIELD_REMOVED', 'ENUM_VALUE_ADDED'])
    expect(results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level])).toEqual([
      ['FIELD_REMOVED', 0, 'error'],
      ['ENUM_VALUE_ADDED', 1, 'warning'],
    ])
    expect(JSON.parse(text).runs[0].results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'subgraphs/users/schema.graphql', uriBaseId: '%SRCROOT%' },
      region: { startLine: 3, startColumn: 6 },
    })
  })

  it('knows a finding again whose line moved, and tells two findings apart', () => {
    const printOf = (one: PlacedFinding) =>
      sarifLog.parse(JSON.parse(toSarif(reportOf([one])))).runs[0].results[0]?.partialFingerprints
    expect(printOf(finding({ line: 99 }))).toEqual(printOf(finding()))
    expect(printOf(finding({ path: 'User.name' }))).not.toEqual(printOf(finding()))
  })
})

it('tells the same verdicts in JSON and in the table', () => {
  expect(JSON.parse(toJson(report))).toEqual({
    base: 'main (1a2b3c4)',
    operations: 2,
    failed: 1,
    toLookAt: 1,
    safe: 1,
    findings: report.findings,
  })
  expect(JSON.parse(toJson({ ...report, base: undefined }))).toMatchObject({ base: null })
  const lines = formatReport(report).split('\n')
  expect(lines.slice(1, 4).map(line => line.slice(0, 4))).toEqual(['FAIL', 'WARN', 'PASS'])
  expect(lines[4]).toBe(
    'schema:check against main (1a2b3c4): 1 failed, 1 to look at, 1 safe, 2 recorded operations',
  )
})

describe('Markdown', () => {
  it('begins with the verdict, and folds what is safe', () => {
    expect(toMarkdown(report)).toBe(`### Schema check: failed, 1 failed, 1 to look at, 1 safe

Against \`main (1a2b3c4)\`, with 2 recorded operations.

#### Breaks

| what | | used by | where | rule |
|---|---|---|---|---|
| \`User.email\` | Field 'email' was removed | Me of web 2 | \`subgraphs/users/schema.graphql:3\` | \`FIELD_REMOVED\` |

#### To look at

| what | | used by | where | rule |
|---|---|---|---|---|
| \`Role.NEW\` | is new |  | \`subgraphs/users/schema.graphql:3\` | \`ENUM_VALUE_ADDED\` |

<details><summary>1 safe</summary>

| what | | used by | where | rule |
|---|---|---|---|---|
| \`User.phone\` | is new | Me of web 2 | \`subgraphs/users/schema.graphql:3\` | \`FIELD_ADDED\` |

</details>
`)
    expect(toMarkdown(reportOf([]))).toMatch(/^### Schema check: passed, nothing changes\n/)
  })

  it('shows the text of a stranger as text', () => {
    const message = '@octocat <img src=x> [a](https://evil.example) a|b `c` **d**\nnext #12 www.evil.example'
    const [, row = ''] = toMarkdown(reportOf([finding({ message, path: 'a`|b' })])).split(
      '|---|---|---|---|---|\n',
    )
    expect(row.trim().split('\n')).toHaveLength(1)
    expect(row).toContain('``a`\\|b``')
    for (const part of ['@octocat', '<img', '](', 'https:', ' a|b', '**d', '#12', 'www.'])
      expect(row).not.toContain(part)
  })

  it('is short enough for a comment', () => {
    const many = Array.from({ length: 2_000 }, (_, index) => finding({ path: `Type.field${index}` }))
    const text = toMarkdown(reportOf(many))
    expect(text.length).toBeLessThan(65_000)
    expect(text).toMatch(/^### Schema check: failed, 2000 failed[\s\S]*And more: /)
  })
})

describe('the place of a finding', () => {
  const users =
    'type Query { me: User }\ntype User {\n  id: ID! name(short: Boolean): String\n}\nenum Role {\n  NEW\n}'
  const graphOf = (sdl: string) => {
    const subgraphs = [
      {
        name: 'other',
        url: '',
        file: 'other.graphql',
        sdl: 'type Query { a: Int }\n\ntype User { id: ID! }',
      },
      { name: 'users', url: '', file: 'users.graphql', sdl },
    ]
    const events = { published: undefined, received: [] }
    return { subgraphs, composition: composeSubgraphs(subgraphs), operations: [], events }
  }
  const placeOf = (one: Finding, sdl = users) => {
    const { file, line, column } = createPlaceOf(graphOf(sdl), graphOf(`${users}\n# before`))(one)
    return `${file}:${line}:${column}`
  }

  it.each([
    ['a field', 'User.name', 'users.graphql:3:11'],
    ['an argument', 'User.name.short', 'users.graphql:3:16'],
    ['an enum value', 'Role.NEW', 'users.graphql:6:3'],
    ['what is gone, at its type in the subgraph that changed', 'User.email', 'users.graphql:2:6'],
    ['a type that is gone', 'Gone', 'rover.yaml:1:1'],
    ['a file', 'schema/supergraph.graphql', 'schema/supergraph.graphql:1:1'],
    [
      'an operation of the base',
      'schema/operations/gone.graphql (base)',
      'schema/operations/gone.graphql:1:1',
    ],
  ])('of %s', (_title, path, place) => {
    expect(placeOf(fail('CODE', path, 'message'))).toBe(place)
  })

  it('of an error of composition is in its subgraph', () => {
    const sdl = users.replace('String', 'Missing')
    const { composition } = graphOf(sdl)
    const [error] = composition.kind === 'failed' ? composition.errors : []
    expect(placeOf(fail(error?.code ?? '', 'rover.yaml', error?.message ?? ''), sdl)).toMatch(
      /^users\.graphql:[23]:/,
    )
  })

  it('of an event is its schema in the AsyncAPI document', () => {
    for (const path of ['order.placed.items[].sku', 'notifications.on-order-changed ← order.placed'])
      expect(placeOf(fail('EVENT_FIELD_REMOVED', path, ''))).toMatch(/^schema\/asyncapi\.yaml:\d{3,}:5$/)
  })
})
