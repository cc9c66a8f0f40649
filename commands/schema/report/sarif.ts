import { hash } from 'node:crypto'
import type { PlacedFinding, SchemaCheckReport } from './check-report.ts'

const levels = { FAIL: 'error', WARN: 'warning', PASS: 'none' } as const
// n.b. GitHub refuses a file with more
const maxResults = 5_000
const lengthOfFingerprint = 32

/** A report as SARIF 2.1.0, which code scanning shows as annotations; what is safe is left out. The first 5,000 findings. */
export const toSarif = ({ findings }: SchemaCheckReport): string => {
  const told = findings.filter(({ status }) => status !== 'PASS').slice(0, maxResults)
  const rules = [...new Set(told.map(({ code }) => code))]
  const driver = {
    name: 'schema:check',
    rules: rules.map(id => ({ id, name: inPascalCase(id), shortDescription: { text: inWords(id) } })),
  }
  const results = told.map(finding => toResult(finding, rules.indexOf(finding.code)))
  return JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: { driver },
          automationDetails: { id: 'schema-check/' },
          columnKind: 'utf16CodeUnits',
          results,
        },
      ],
    },
    undefined,
    2,
  )
}

const toResult = (finding: PlacedFinding, ruleIndex: number) => {
  const { status, code, path, message, operations, file, line, column } = finding
  const uses = operations.length === 0 ? '' : ` (${operations.join(', ')})`
  return {
    ruleId: code,
    ruleIndex,
    level: levels[status],
    message: { text: `${path === '' ? '' : `${path}: `}${message}${uses}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file), uriBaseId: '%SRCROOT%' },
          region: { startLine: line, startColumn: column },
        },
        ...(path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
    // n.b. by this code scanning knows a finding again when lines move
    partialFingerprints: {
      'finding/v1': hash('sha256', [code, path, message].join('\n')).slice(0, lengthOfFingerprint),
    },
  }
}

/** `FIELD_REMOVED` → `field removed`. */
const inWords = (code: string): string => code.toLowerCase().replaceAll('_', ' ')

/** `FIELD_REMOVED` → `FieldRemoved`. */
const inPascalCase = (code: string): string =>
  inWords(code).replaceAll(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase())
