import { expect, it } from 'vitest'
import { createCheckWorkflow } from './check-workflow.ts'

it('gives each finding of lint one place, and no line of another schema than the one that is checked', () => {
  const position = { line: 3, column: 1, byteOffset: 9 }
  const lint = ['users', 'orders'].map(subgraph => ({
    level: 'WARNING' as const,
    rule: 'FIELDS_OF_OTHER_SUBGRAPHS_SHOULD_BE_NULLABLE',
    coordinate: 'User.name',
    message: "User.name can't be null",
    subgraph,
    start: position,
    end: position,
  }))
  const outcome = { errors: [], findings: [], lint, custom: [], changesSupergraph: true, operationCount: 0 }
  const check = { graph: 'shop', variant: 'current', subgraph: 'users', createdAt: new Date(), outcome }
  const { status, tasks } = createCheckWorkflow(check, 'http://registry/checks/1')
  expect(status).toBe('PASSED')
  expect(tasks.find(({ __typename }) => __typename === 'LintCheckTask')).toMatchObject({
    result: {
      diagnostics: [
        { sourceLocations: [{ start: position, end: position }] },
        { sourceLocations: [{ start: null, end: null }] },
      ],
    },
  })
})
