import { createHash } from 'node:crypto'
import type { DataSource, EntityManager } from 'typeorm'
import { idempotencyKeys } from './database/tables.ts'
import { StripeError } from './stripe-error.ts'

/** An answer as it goes over the wire. */
export type Answer = { readonly status: number; readonly body: string; readonly isReplay: boolean }

/** What makes two requests under one key the same. */
export type Request = { readonly key: string | undefined; readonly path: string; readonly body: string }

/**
 * Carries a request out and keeps its answer under its key, in one transaction: both are there, or neither is. The same
 * request again is given the kept answer. Throws a StripeError where nothing was done, among others for a key that was
 * used for another request (400) or under which another one is being carried out (409).
 */
export const executeOnce = (
  dataSource: DataSource,
  { key, path, body }: Request,
  execute: (manager: EntityManager) => Promise<object>,
): Promise<Answer> =>
  dataSource.transaction(async manager => {
    if (key === undefined) return answer(execute(manager))
    await lock(manager, key)
    const requestHash = createHash('sha256').update(`${path}\n${body}`).digest('base64url')
    const known = await manager.findOneBy(idempotencyKeys, { key })
    if (known !== null && known.requestHash !== requestHash) throw reused(key)
    if (known !== null) return { status: known.status, body: known.body, isReplay: true }
    const given = await answer(execute(manager))
    await manager.insert(idempotencyKeys, { key, requestHash, status: given.status, body: given.body })
    return given
  })

/** n.b. a declined card is no failure: its payment stays, and the answer is kept like any other. Stripe also keeps its own failures. */
const answer = async (execution: Promise<object>): Promise<Answer> => {
  try {
    return { status: 200, body: JSON.stringify(await execution), isReplay: false }
  } catch (error) {
    const isKept = error instanceof StripeError && (error.status === 402 || error.status >= 500)
    if (!isKept) throw error
    return { status: error.status, body: JSON.stringify(error.toBody()), isReplay: false }
  }
}

const lock = async (manager: EntityManager, key: string): Promise<void> => {
  const [row]: readonly { readonly isLocked: boolean }[] = await manager.query(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "isLocked"',
    [key],
  )
  if (row?.isLocked === true) return
  throw new StripeError(
    409,
    'idempotency_error',
    `There is currently another in-progress request using this Idempotent Key: ${key}`,
    { code: 'idempotency_key_in_use' },
  )
}

const reused = (key: string) =>
  new StripeError(
    400,
    'idempotency_error',
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  )
