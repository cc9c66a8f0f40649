import type { Finding } from '@supergraph/composition/finding.ts'
import type { SubgraphLintFinding } from '@supergraph/composition/lint-changes.ts'
import type { Check } from '../database/check-store.ts'

/** A CheckWorkflow of the API; `targetURL` is where people read it. */
export const createCheckWorkflow = ({ outcome, subgraph }: Check, targetURL: string) => {
  const composes = outcome.errors.length === 0
  const isSafe = outcome.findings.every(({ status }) => status !== 'FAIL')
  const isKept = outcome.custom.every(({ status }) => status !== 'FAIL')
  const isWellNamed = outcome.lint.every(({ level }) => level !== 'ERROR')
  return {
    status: composes && isSafe && isWellNamed && isKept ? 'PASSED' : 'FAILED',
    tasks: [
      {
        __typename: 'CompositionCheckTask',
        status: composes ? 'PASSED' : 'FAILED',
        targetURL,
        coreSchemaModified: outcome.changesSupergraph,
        result: { errors: outcome.errors },
      },
      {
        __typename: 'OperationsCheckTask',
        status: !composes ? 'BLOCKED' : isSafe ? 'PASSED' : 'FAILED',
        targetURL,
        result: composes
          ? {
              checkSeverity: isSafe ? 'NOTICE' : 'FAILURE',
              numberOfCheckedOperations: outcome.operationCount,
              changes: outcome.findings.map(toChange),
            }
          : null,
      },
      {
        __typename: 'LintCheckTask',
        status: !composes ? 'BLOCKED' : isWellNamed ? 'PASSED' : 'FAILED',
        targetURL,
        result: composes ? toLintResult(outcome.lint, subgraph) : null,
      },
      {
        __typename: 'CustomCheckTask',
        status: !composes ? 'BLOCKED' : isKept ? 'PASSED' : 'FAILED',
        targetURL,
        result: composes ? { violations: outcome.custom.filter(isToBeSeen).map(toViolation) } : null,
      },
    ],
  }
}

/** n.b. rover knows FAIL and PASS alone: what is to be looked at says so itself. */
const toChange = ({ status, code, message, operations }: Finding) => ({
  severity: status === 'FAIL' ? 'FAILURE' : 'NOTICE',
  code,
  description: `${status === 'WARN' ? 'look at this: ' : ''}${message}${inWords(status, operations)}`,
})

const inWords = (status: Finding['status'], operations: readonly string[]): string => {
  if (operations.length > 0) return ` (${status === 'FAIL' ? 'breaks' : 'touches'} ${operations.join(', ')})`
  return status === 'FAIL' ? ' (no recorded operation uses it)' : ''
}

const isToBeSeen = ({ status }: Finding): boolean => status !== 'PASS'

const toViolation = ({ status, code, path, message, operations }: Finding) => ({
  level: status === 'FAIL' ? 'ERROR' : 'WARNING',
  rule: code,
  message: [operations.join(', ') || path, message].filter(part => part !== '').join(': '),
})

const toLintResult = (findings: readonly SubgraphLintFinding[], proposed: string) => {
  const count = (level: SubgraphLintFinding['level']) =>
    findings.filter(finding => finding.level === level).length
  return {
    // n.b. rover prints the line alone: one in the schema of another subgraph would mislead. Without a place rover crashes
    diagnostics: findings.map(({ subgraph, start, end, ...finding }) => ({
      ...finding,
      sourceLocations: subgraph === proposed ? [{ start, end }] : [{ start: null, end: null }],
    })),
    stats: { errorsCount: count('ERROR'), warningsCount: count('WARNING') },
  }
}
