import type { EventDocuments } from '@supergraph/composition/event-changes.ts'
import { affected, type Executor, row } from '@supergraph/postgres/statements.ts'
import { z } from 'zod'
import type { GraphRef } from '../graph-ref.ts'

const keptDays = 30

const documentsRow = z.object({ documents: z.string() })
const eventDocuments = z.object({ published: z.unknown(), received: z.array(z.unknown()) })

/** The documents of a commit for one variant, and whether they are those that its services go by from now on. */
export type PushedEvents = {
  readonly ref: GraphRef
  readonly commit: string
  readonly documents: EventDocuments
  readonly isPublished: boolean
}

/** Keeps the documents of a commit, over those that it had; what was only checked is kept for 30 days. */
export const keepEvents = async (
  executor: Executor,
  { ref: { graph, variant }, commit, documents, isPublished }: PushedEvents,
): Promise<void> => {
  await affected(
    executor,
    `insert into event_documents (graph, variant, commit, documents, published_at)
     values ($1, $2, $3, $4, case when $5 then now() end)
     on conflict (graph, variant, commit) do update set documents = excluded.documents, pushed_at = now(),
       published_at = coalesce(excluded.published_at, event_documents.published_at)
     where excluded.published_at is not null or event_documents.published_at is null`,
    [graph, variant, commit, JSON.stringify(documents), isPublished],
  )
  await affected(
    executor,
    `delete from event_documents kept
     where graph = $1 and pushed_at < now() - $2 * interval '1 day' and not exists (
       select from event_documents latest
       where latest.graph = kept.graph and latest.variant = kept.variant and latest.commit = kept.commit
         and latest.published_at = (
           select max(published_at) from event_documents every
           where every.graph = kept.graph and every.variant = kept.variant))`,
    [graph, keptDays],
  )
}

/** The documents that were published last; undefined if none were. */
export const readPublishedEvents = async (
  executor: Executor,
  { graph, variant }: GraphRef,
): Promise<EventDocuments | undefined> =>
  parse(
    await row(
      executor,
      documentsRow,
      `select documents from event_documents where graph = $1 and variant = $2 and published_at is not null
       order by published_at desc limit 1`,
      [graph, variant],
    ),
  )

/** The documents of a commit; undefined if it pushed none. */
export const readEventsOf = async (
  executor: Executor,
  { graph, variant }: GraphRef,
  commit: string,
): Promise<EventDocuments | undefined> =>
  parse(
    await row(
      executor,
      documentsRow,
      'select documents from event_documents where graph = $1 and variant = $2 and commit = $3',
      [graph, variant, commit],
    ),
  )

const parse = (kept: z.output<typeof documentsRow> | undefined): EventDocuments | undefined =>
  kept && eventDocuments.parse(JSON.parse(kept.documents))
