import type { Finding } from '@supergraph/composition/finding.ts'
import type { CheckOutcome } from '../database/check-store.ts'

/** A CheckWorkflow of the API; `targetURL` is where people read it. */
export const createCheckWorkflow = (outcome: CheckOutcome, targetURL: string) => {
  const composes = outcome.errors.length === 0
  const isSafe = outcome.findings.every(({ status }) => status !== 'FAIL')
  return {
    status: composes && isSafe ? 'PASSED' : 'FAILED',
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
