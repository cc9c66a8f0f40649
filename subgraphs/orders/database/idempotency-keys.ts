import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource, EntityManager } from 'typeorm'

/** The commands that may be repeated under a key; one key is good for one of them. */
export type KeyedOperation = 'placeOrder' | 'cancelOrder' | 'refundOrder'

/** Whose key it is, and what tells the request from another one. */
export type KeyClaim = {
  readonly userId: string
  readonly key: string
  readonly operation: KeyedOperation
  readonly inputHash: string
  readonly orderId: string
  /** What a repeated request is to find; JSON. */
  readonly answer?: unknown
}

/** What an earlier request with the key has left. */
export type KnownKey = Pick<KeyClaim, 'operation' | 'inputHash' | 'orderId'> & { readonly answer: unknown }

const keptDays = 7
const rowsPerStatement = 1_000

/**
 * Takes the key for the caller's transaction, or tells whose it is; waits for another transaction that has taken it.
 * The order must exist.
 */
export const claimKey = async (
  manager: EntityManager,
  { userId, key, operation, inputHash, orderId, answer = null }: KeyClaim,
): Promise<'claimed' | KnownKey> => {
  for (;;) {
    const inserted: readonly unknown[] = await manager.query(
      `insert into idempotency_keys (user_id, key, operation, input_hash, order_id, answer)
       values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing
       returning user_id`,
      [userId, key, operation, inputHash, orderId, answer === null ? null : JSON.stringify(answer)],
    )
    if (inserted.length > 0) return 'claimed'
    const known = await findKey(manager, { userId, key })
    // n.b. a key may be freed between the two statements
    if (known !== null) return known
  }
}

/** What the user's earlier request with the key has left; null where there was none. */
export const findKey = async (
  manager: EntityManager,
  { userId, key }: Pick<KeyClaim, 'userId' | 'key'>,
): Promise<KnownKey | null> => {
  const [known]: readonly KnownKey[] = await manager.query(
    `select operation, input_hash as "inputHash", order_id as "orderId", answer
     from idempotency_keys where user_id = $1 and key = $2`,
    [userId, key],
  )
  return known ?? null
}

/** Lets the key under which the user made this request of an order be used anew. */
export const freeKey = async (
  manager: EntityManager,
  { userId, operation, orderId }: Pick<KeyClaim, 'userId' | 'operation' | 'orderId'>,
): Promise<void> => {
  await manager.query(
    'delete from idempotency_keys where user_id = $1 and order_id = $2 and operation = $3',
    [userId, orderId, operation],
  )
}

/** Forgets keys that were used more than seven days ago, in small batches. Returns their number. */
export const pruneKeys = async (dataSource: DataSource): Promise<number> => {
  for (let total = 0; ; ) {
    // n.b. TypeORM answers a DELETE with [rows, number of rows]
    const [, rows]: [unknown, number] = await dataSource.query(
      `delete from idempotency_keys where (user_id, key) in (
         select user_id, key from idempotency_keys where created_at < now() - make_interval(days => $1)
         order by created_at limit $2 for update skip locked)`,
      [keptDays, rowsPerStatement],
    )
    total += rows
    if (rows < rowsPerStatement) return total
  }
}

/** Prunes the keys now and then every hour; `stop` waits for the batch in flight. */
export const startKeyPruning = (dataSource: DataSource, logger: Logger): Running =>
  startLoop({
    everyMs: 3_600_000,
    work: async () => {
      const keys = await pruneKeys(dataSource)
      if (keys > 0) logger.info({ keys }, 'pruned old idempotency keys')
    },
    onError: error =>
      logger.warn({ err: error }, 'pruning old idempotency keys failed; the next try is in an hour'),
  })
