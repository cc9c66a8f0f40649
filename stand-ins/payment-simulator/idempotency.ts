import { createHash } from 'node:crypto'
import { row } from '@supergraph/postgres/statements.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { z } from 'zod'
import { idempotencyKeyTable } from './database/tables.ts'
import { StripeError } from './stripe-error.ts'

/** A response as it goes over the wire. */
export type ApiResponse = { readonly status: number; readonly body: string; readonly isReplay: boolean }

/** Two requests under one key are the same if path and body are. */
type ApiRequest = { readonly key: string | undefined; readonly path: string; readonly body: string }

/**
 * Carries a request out and stores its response under its key, in one transaction. The same request again gets the
 * stored response. Throws a StripeError if nothing was done, such as for a key that was used for another request (400) or
 * under which another request is being carried out (409).
 */
export const executeOnce = (
  database: DataSource,
  { key, path, body }: ApiRequest,
  execute: (manager: EntityManager) => Promise<object>,
): Promise<ApiResponse> =>
  database.transaction(async manager => {
    if (key === undefined) return respond(execute(manager))
    await lock(manager, key)
    const requestHash = createHash('sha256').update(`${path}\n${body}`).digest('base64url')
    const known = await manager.findOneBy(idempotencyKeyTable, { key })
    if (known !== null && known.requestHash !== requestHash) throw reused(key)
    if (known !== null) return { status: known.status, body: known.body, isReplay: true }
    const response = await respond(execute(manager))
    await manager.insert(idempotencyKeyTable, {
      key,
      requestHash,
      status: response.status,
      body: response.body,
    })
    return response
  })

/** n.b. a declined card is no failure: its payment stays, and the response is stored like any other. Stripe also stores its own failures. */
const respond = async (execution: Promise<object>): Promise<ApiResponse> => {
  try {
    return { status: 200, body: JSON.stringify(await execution), isReplay: false }
  } catch (error) {
    const isStored = error instanceof StripeError && (error.status === 402 || error.status >= 500)
    if (!isStored) throw error
    return { status: error.status, body: JSON.stringify(error.toBody()), isReplay: false }
  }
}

const lock = async (manager: EntityManager, key: string): Promise<void> => {
  const attempt = await row(
    manager,
    z.object({ isLocked: z.boolean() }),
    'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "isLocked"',
    [key],
  )
  if (attempt?.isLocked === true) return
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
