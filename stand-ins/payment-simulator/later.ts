import { bigint } from '@supergraph/postgres/bigint.ts'
import { affected, row } from '@supergraph/postgres/statements.ts'
import { type Loop, startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { openDispute } from './disputes.ts'
import { type LaterChange, laterChange } from './later-changes.ts'
import { endProcessing, failCapture } from './payment-intents.ts'
import { endRefund } from './refunds.ts'
import type { Work } from './work.ts'

const everyMs = 60_000
const retryMs = 1_000

/** Makes the changes that come by themselves, each once, when they are due; wake it after one has been added. */
export const startLater = ({
  database,
  transact,
  onError,
}: {
  readonly database: DataSource
  readonly transact: <Result>(change: (work: Work) => Promise<Result>) => Promise<Result>
  readonly onError: (error: unknown) => void
}): Loop =>
  startLoop({
    everyMs,
    retryMs,
    work: async stopping => {
      while (!stopping.aborted && (await transact(makeNext)));
      return dueInMs(database)
    },
    onError,
  })

const due = z.object({ id: bigint, change: laterChange })

/** Makes the change that is due first; whether there was one. */
const makeNext = async (work: Work): Promise<boolean> => {
  const next = await row(
    work.manager,
    due,
    'select id, change from later_changes where due_at <= now() order by due_at limit 1 for update skip locked',
  )
  if (next === undefined) return false
  await make(work, next.change)
  await affected(work.manager, 'delete from later_changes where id = $1', [next.id])
  return true
}

const make = async (work: Work, change: LaterChange): Promise<void> => {
  switch (change.kind) {
    case 'processed':
      return endProcessing(work, change)
    case 'captureFailed':
      return failCapture(work, change.paymentId)
    case 'refundEnded':
      return endRefund(work, change)
    case 'disputed':
      await openDispute(work, change.paymentId, change)
      return
    default:
      return change satisfies never
  }
}

const dueInMs = async (database: DataSource): Promise<number> => {
  const next = await row(
    database,
    z.object({ inMs: z.number().nullable() }),
    `select (extract(epoch from min(due_at) - now()) * 1000)::float8 as "inMs" from later_changes`,
  )
  return Math.min(Math.max(next?.inMs ?? everyMs, 1), everyMs)
}
