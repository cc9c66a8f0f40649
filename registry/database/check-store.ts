import type { Finding } from '@supergraph/composition/finding.ts'
import type { SubgraphLintFinding } from '@supergraph/composition/lint-changes.ts'
import { affected, type Executor, row } from '@supergraph/postgres/statements.ts'
import { isUuid, uuidv7 } from '@supergraph/runtime/uuid.ts'
import { z } from 'zod'
import { compositionErrors } from './composition-errors.ts'

const keptDays = 30

/** What a check found. */
export type CheckOutcome = z.output<typeof checkOutcome>

const finding = z.object({
  status: z.enum(['FAIL', 'WARN', 'PASS']),
  code: z.string(),
  path: z.string(),
  message: z.string(),
  operations: z.array(z.string()).readonly(),
}) satisfies z.ZodType<Finding, unknown>

const position = z.object({ line: z.int(), column: z.int(), byteOffset: z.int() })

const lintFinding = z.object({
  level: z.enum(['ERROR', 'WARNING']),
  rule: z.string(),
  coordinate: z.string(),
  message: z.string(),
  subgraph: z.string(),
  start: position,
  end: position,
}) satisfies z.ZodType<SubgraphLintFinding, unknown>

const checkOutcome = z.object({
  /** Why the subgraphs would not compose. */
  errors: compositionErrors,
  findings: z.array(finding).readonly(),
  // n.b. checks from before had neither
  lint: z.array(lintFinding).readonly().default([]),
  /** What checks of our own found, which rover shows apart. */
  custom: z.array(finding).readonly().default([]),
  /** Whether the supergraph would be another one. */
  changesSupergraph: z.boolean(),
  operationCount: z.int(),
})

const checkRow = z.object({
  graph: z.string(),
  variant: z.string(),
  subgraph: z.string(),
  createdAt: z.date(),
  outcome: checkOutcome,
})

/** A check that has ended. */
export type Check = z.output<typeof checkRow>

/** Keeps a check for 30 days; returns its id. */
export const addCheck = async (
  executor: Executor,
  { graph, variant, subgraph, outcome }: Omit<Check, 'createdAt'>,
): Promise<string> => {
  const id = uuidv7()
  await affected(
    executor,
    'insert into checks (id, graph, variant, subgraph, outcome) values ($1, $2, $3, $4, $5)',
    [id, graph, variant, subgraph, JSON.stringify(outcome)],
  )
  await affected(
    executor,
    `delete from checks where graph = $1 and created_at < now() - $2 * interval '1 day'`,
    [graph, keptDays],
  )
  return id
}

/** A check; undefined if there is none of this id. */
export const readCheck = async (executor: Executor, id: string): Promise<Check | undefined> =>
  isUuid(id)
    ? row(
        executor,
        checkRow,
        'select graph, variant, subgraph, created_at as "createdAt", outcome from checks where id = $1',
        [id],
      )
    : undefined
