import { affected, row } from '@supergraph/postgres/statements.ts'
import type { Sealer } from '@supergraph/runtime/sealed.ts'
import type { EntityManager } from 'typeorm'
import { z } from 'zod'
import { createRecoveryCodes, recoveryHashOf } from '../domain/recovery-code.ts'
import { isTotpCode, stepOf } from '../domain/totp.ts'
import { readClock } from './clock.ts'

export type TotpCodes = ReturnType<typeof createTotpCodes>

/** Which kind of code somebody has used. */
export type UsedCode = 'app' | 'recovery'

/** The codes of users, whose rows the caller has locked: each works once. */
export const createTotpCodes = (sealer: Sealer) => ({
  /** Saves the secret of a user's app in the place of an earlier one. */
  save: async (manager: EntityManager, userId: string, secret: Buffer): Promise<void> => {
    await affected(
      manager,
      `insert into totp_secrets (user_id, sealed_secret) values ($1, $2)
       on conflict (user_id) do update set sealed_secret = excluded.sealed_secret, used_step = null`,
      [userId, sealer.seal(secret.toString('base64url'), boundTo(userId))],
    )
  },

  /** Uses a code up, of the app or a recovery code; returns which, or undefined if it is neither. */
  use: async (manager: EntityManager, userId: string, typed: string): Promise<UsedCode | undefined> => {
    const code = typed.replaceAll(/\s/g, '')
    if (isTotpCode(code)) return (await useOfApp(manager, sealer, userId, code)) ? 'app' : undefined
    const sql = 'delete from recovery_codes where user_id = $1 and hash = $2'
    return (await affected(manager, sql, [userId, recoveryHashOf(code)])) > 0 ? 'recovery' : undefined
  },
})

const useOfApp = async (
  manager: EntityManager,
  sealer: Sealer,
  userId: string,
  code: string,
): Promise<boolean> => {
  const kept = await row(
    manager,
    z.object({ sealedSecret: z.string(), usedStep: z.int().nullable() }),
    'select sealed_secret as "sealedSecret", used_step as "usedStep" from totp_secrets where user_id = $1',
    [userId],
  )
  if (kept === undefined) return false
  const secret = sealer.open(kept.sealedSecret, boundTo(userId))
  const now = await readClock(manager)
  const step = stepOf(Buffer.from(secret, 'base64url'), code, { now, usedStep: kept.usedStep })
  if (step === undefined) return false
  // n.b. sealed anew, under the first key, so that an old key can go one day
  await affected(manager, 'update totp_secrets set used_step = $2, sealed_secret = $3 where user_id = $1', [
    userId,
    step,
    sealer.seal(secret, boundTo(userId)),
  ])
  return true
}

/** Whether a user has asked for a secret. */
export const hasSecret = async (manager: EntityManager, userId: string): Promise<boolean> =>
  (await row(manager, z.object({}), 'select from totp_secrets where user_id = $1', [userId])) !== undefined

/** Gives a user new recovery codes in the place of the earlier ones. */
export const renewRecoveryCodes = async (
  manager: EntityManager,
  userId: string,
): Promise<readonly string[]> => {
  const codes = createRecoveryCodes()
  await affected(manager, 'delete from recovery_codes where user_id = $1', [userId])
  await affected(
    manager,
    'insert into recovery_codes (user_id, hash) select $1, hash from unnest($2::text[]) as hash',
    [userId, codes.map(recoveryHashOf)],
  )
  return codes
}

/** How many recovery codes a user has left. */
export const countRecoveryCodes = async (manager: EntityManager, userId: string): Promise<number> => {
  const counted = await row(
    manager,
    z.object({ left: z.int() }),
    'select count(*)::int as left from recovery_codes where user_id = $1',
    [userId],
  )
  return counted?.left ?? 0
}

/** Forgets the secret and the recovery codes of a user. */
export const forgetCodes = async (manager: EntityManager, userId: string): Promise<void> => {
  await affected(manager, 'delete from totp_secrets where user_id = $1', [userId])
  await affected(manager, 'delete from recovery_codes where user_id = $1', [userId])
}

const boundTo = (userId: string): string => JSON.stringify(['totp', userId])
