import { createHash } from 'node:crypto'
import { row } from '@supergraph/postgres/statements.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { StripeError } from './stripe-error.ts'
import type { Work } from './work.ts'

/** A response as it goes over the wire. */
export type ApiResponse = { readonly status: number; readonly body: string; readonly isReplay: boolean }

/** Two requests under one key are the same if path and body are. */
type ApiRequest = { readonly key: string | undefined; readonly path: string; readonly body: string }

/**
 * Carries a request out, and has its response stored under its key with what it has changed. The same request again gets
 * the stored response. Throws a StripeError if nothing was done, such as for a key that was used for another request (400)
 * or under which another request is being carried out (409).
 */
export const executeOnce = async (
  { manager, changes }: Work,
  { key, path, body }: ApiRequest,
  execute: () => Promise<object>,
): Promise<ApiResponse> => {
  if (key === undefined) return respond(execute)
  const requestHash = createHash('sha256').update(`${path}\n${body}`).digest('base64url')
  const known = await lock(manager, key)
  if (known !== undefined && known.requestHash !== requestHash) throw reused(key)
  if (known !== undefined) return { status: known.status, body: known.body, isReplay: true }
  const response = await respond(execute).catch(async (error: unknown) => {
    throw error instanceof StripeError && (await hasResponse(manager, key)) ? new Overtaken() : error
  })
  changes.response = { key, requestHash, status: response.status, body: response.body }
  return response
}

/** n.b. a declined card is no failure: its payment stays, and the response is stored like any other. Stripe also stores its own failures. */
const respond = async (execute: () => Promise<object>): Promise<ApiResponse> => {
  try {
    return { status: 200, body: JSON.stringify(await execute()), isReplay: false }
  } catch (error) {
    const isStored = error instanceof StripeError && (error.status === 402 || error.status >= 500)
    if (!isStored) throw error
    return { status: error.status, body: JSON.stringify(error.toBody()), isReplay: false }
  }
}

const known = z.object({ requestHash: z.string(), status: z.number(), body: z.string() })
const attempt = z.object({ isLocked: z.boolean(), known: known.nullable() })

/**
 * Takes a key until the transaction ends; returns what is stored under it. n.b. what is stored in the moment between the look
 * for it and the lock is not seen: see `isOvertaken`
 */
const lock = async (manager: EntityManager, key: string): Promise<z.output<typeof known> | undefined> => {
  const taken = await row(
    manager,
    attempt,
    `select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "isLocked",
       (select json_build_object('requestHash', request_hash, 'status', status, 'body', body)
        from idempotency_keys where key = $1) as known`,
    [key],
  )
  if (taken?.isLocked === true) return taken.known ?? undefined
  throw new StripeError(
    409,
    'idempotency_error',
    `There is currently another in-progress request using this Idempotent Key: ${key}`,
    { code: 'idempotency_key_in_use' },
  )
}

const hasResponse = async (manager: EntityManager, key: string): Promise<boolean> =>
  (await row(manager, z.object({}), 'select from idempotency_keys where key = $1', [key])) !== undefined

class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

/**
 * Whether a request was not carried out since another one under its key had ended in the moment between the look for its
 * response and the lock. It has to be made again, and gets that response.
 */
export const isOvertaken = (error: unknown): boolean =>
  error instanceof Overtaken || Object(error).constraint === 'idempotency_keys_pkey'

const reused = (key: string) =>
  new StripeError(
    400,
    'idempotency_error',
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  )
