import { deleteInBatches } from '@supergraph/postgres/batches.ts'
import { affected, type Executor, parametersFrom, row } from '@supergraph/postgres/statements.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

const knownKey = z.object({
  /** The command that was given; one key is good for one command. */
  operation: z.enum(['placeOrder', 'cancelOrder', 'refundOrder']),
  inputHash: z.string(),
  orderId: z.string(),
  /** What a repeated request for a refund finds. */
  answer: z.object({ refundId: z.string() }).nullable(),
})

/** What an earlier request with a key has left. */
export type KnownKey = Readonly<z.output<typeof knownKey>>

type KeyOfUser = { readonly userId: string; readonly key: string }

/** A key that a request takes, and what a repeated request finds under the key. */
export type KeyClaim = KeyOfUser &
  Omit<KnownKey, 'answer'> & {
    readonly answer?: KnownKey['answer']
  }

const keptDays = 7

/**
 * Takes the key for the caller's transaction, or returns what the request that has it has left; waits for another
 * transaction that takes the same key. The order must exist when the transaction commits.
 */
export const claimKey = async (executor: Executor, claim: KeyClaim): Promise<'claimed' | KnownKey> => {
  for (;;) {
    const inserted = await affected(executor, insertKey(1), keyValues(claim))
    if (inserted > 0) return 'claimed'
    const known = await findKey(executor, claim)
    // n.b. a key may be freed between the two statements
    if (known !== null) return known
  }
}

/** A statement, or a part of one, that takes a key unless it is taken, with `keyValues` as its parameters from `first` on. */
export const insertKey = (first: number): string =>
  `insert into idempotency_keys (user_id, key, operation, input_hash, order_id, answer)
   values (${parametersFrom(first, 6)})
   on conflict do nothing`

export const keyValues = ({ userId, key, operation, inputHash, orderId, answer = null }: KeyClaim) =>
  [userId, key, operation, inputHash, orderId, answer === null ? null : JSON.stringify(answer)] as const

/** The search for what the user's earlier request with the key has left. */
export const keySearch = ({ userId, key }: KeyOfUser) => ({
  shape: knownKey,
  sql: ([userParameter, keyParameter]: readonly string[]): string =>
    `select operation, input_hash as "inputHash", order_id as "orderId", answer
     from idempotency_keys where user_id = ${userParameter} and key = ${keyParameter}`,
  values: [userId, key],
})

/** What the user's earlier request with the key has left; null if there was none. */
export const findKey = async (executor: Executor, key: KeyOfUser): Promise<KnownKey | null> => {
  const { shape, sql, values } = keySearch(key)
  return (await row(executor, shape, sql(['$1', '$2']), values)) ?? null
}

/** Whether the earlier request was the same command with the same input. */
export const isSameRequest = (known: KnownKey, request: Pick<KnownKey, 'operation' | 'inputHash'>): boolean =>
  known.operation === request.operation && known.inputHash === request.inputHash

/** Lets the user take the key again under which they gave this command for the order. */
export const freeKey = async (
  executor: Executor,
  { userId, operation, orderId }: Pick<KeyClaim, 'userId' | 'operation' | 'orderId'>,
): Promise<void> => {
  await affected(
    executor,
    'delete from idempotency_keys where user_id = $1 and order_id = $2 and operation = $3',
    [userId, orderId, operation],
  )
}

/** Deletes keys that were used more than seven days ago. Returns their number. */
export const pruneKeys = (database: DataSource): Promise<number> =>
  deleteInBatches(
    database,
    `delete from idempotency_keys where (user_id, key) in (
       select user_id, key from idempotency_keys where created_at < now() - make_interval(days => $2)
       order by created_at limit $1 for update skip locked)`,
    [keptDays],
  )

/** Prunes the keys now and then every hour; `stop` waits for the batch in flight. */
export const startKeyPruning = (database: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: async () => {
      const keys = await pruneKeys(database)
      if (keys > 0) logger.info({ keys }, 'pruned old idempotency keys')
    },
    onError: error =>
      logger.warn({ err: error }, 'pruning old idempotency keys failed; the next try is in an hour'),
  })
