import type { RecordedOperation } from '@supergraph/composition/graph-changes.ts'
import { affected, type Executor, row, rows } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'

/** An operation that clients of a graph are known to send. */
export type ClientOperation = {
  /** By which clients name it, such as the SHA-256 of its text. */
  readonly id: string
  readonly name: string
  readonly body: string
}

const operationRow = z.object({ file: z.string(), text: z.string() }) satisfies z.ZodType<RecordedOperation>

/** Adds operations to those that are known; returns how many were new. One that is known by its id stays as it is. */
export const addOperations = (
  executor: Executor,
  graph: string,
  operations: readonly ClientOperation[],
): Promise<number> =>
  affected(
    executor,
    // n.b. in the order of the key, so that two publishers never wait for each other
    `insert into operations (graph, id, name, body)
     select distinct on (id) $1, id, name, body from unnest($2::text[], $3::text[], $4::text[]) as given (id, name, body)
     order by id
     on conflict do nothing`,
    [
      graph,
      operations.map(({ id }) => id),
      operations.map(({ name }) => name),
      operations.map(({ body }) => body),
    ],
  )

/** The operations whose bodies differ from what is known under their ids. */
export const findContradictions = (
  executor: Executor,
  graph: string,
  operations: readonly ClientOperation[],
): Promise<readonly { readonly id: string }[]> =>
  rows(
    executor,
    z.object({ id: z.string() }),
    `select known.id from operations known
     join unnest($2::text[], $3::text[]) as given (id, body) on given.id = known.id and given.body <> known.body
     where graph = $1`,
    [graph, operations.map(({ id }) => id), operations.map(({ body }) => body)],
  )

/** The operations of a graph's clients, by name. */
export const readOperations = (executor: Executor, graph: string): Promise<readonly RecordedOperation[]> =>
  rows(
    executor,
    operationRow,
    'select name as file, body as text from operations where graph = $1 order by name, id',
    [graph],
  )

/** How many operations a graph knows. */
export const countOperations = async (executor: Executor, graph: string): Promise<number> =>
  (
    await row(
      executor,
      z.object({ count: z.int() }),
      'select count(*)::int as count from operations where graph = $1',
      [graph],
    )
  )?.count ?? 0
