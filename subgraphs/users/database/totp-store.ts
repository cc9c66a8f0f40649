import type { Staff } from '@supergraph/subgraph/staff.ts'
import type { DataSource, EntityManager } from 'typeorm'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import { readClock } from './clock.ts'
import { type Asker, lockAsker } from './credential-store.ts'
import { endOtherSessions, hasEnded } from './session-ends.ts'
import { type UserRow, userTable } from './tables.ts'
import { announceTotp, switchTotpOff } from './totp-changes.ts'
import { hasSecret, renewRecoveryCodes, type TotpCodes } from './totp-codes.ts'
import { lockUser } from './user-store.ts'

/** A user whose second factor is on, the recovery codes that are shown once, and how many other sessions have ended. */
export type TotpConfirmed = {
  readonly user: UserRow
  readonly recoveryCodes: readonly string[]
  readonly endedSessions: number
}

export type TotpStore = ReturnType<typeof createTotpStore>

/** The second factors of users. A result is undefined if there is no such user or the calling session has ended. */
export const createTotpStore = (database: DataSource, codes: TotpCodes) => ({
  /** Saves the secret of a user's app, whose codes are not asked for yet. */
  enable: (
    asker: Asker,
    secret: Buffer,
  ): Promise<UserRow | Refusal<'invalidCredentials' | 'totpAlreadyEnabled'> | undefined> =>
    database.transaction(async manager => {
      const user = await lockAsker(manager, asker)
      if (user === undefined || isRefusal(user)) return user
      if (user.totpSince !== null) return { kind: 'totpAlreadyEnabled' }
      await codes.save(manager, user.id, secret)
      return user
    }),

  /** Asks for codes from now on, for the first code of the user's app, and ends the user's other sessions. */
  confirm: (
    { actorId: userId, sessionId, clientAddress }: Staff,
    code: string,
  ): Promise<TotpConfirmed | Refusal<'invalidCode' | 'noTotp' | 'totpAlreadyEnabled'> | undefined> =>
    database.transaction(async manager => {
      const user = await lockUser(manager, userId)
      if (user === undefined || (await hasEnded(manager, sessionId))) return undefined
      if (user.totpSince !== null) return { kind: 'totpAlreadyEnabled' }
      if (!(await hasSecret(manager, userId))) return { kind: 'noTotp' }
      if ((await codes.use(manager, userId, code)) === undefined) return { kind: 'invalidCode' }
      const totpSince = await readClock(manager)
      await manager.update(userTable, { id: userId }, { totpSince })
      const recoveryCodes = await renewRecoveryCodes(manager, userId)
      // n.b. they were begun with nothing but the password
      const endedSessions = await endOtherSessions(manager, userId, sessionId, 'logout')
      const act = { actorId: userId, sessionId, clientAddress, act: 'confirmTotp', reason: null }
      await announceTotp(manager, user, 'enabled', act)
      return { user: { ...user, totpSince }, recoveryCodes, endedSessions }
    }),

  /** Asks for no codes any more, for one of them. */
  disable: (asker: Asker & Pick<Staff, 'clientAddress'>, code: string) =>
    withCode(database, codes, asker, code, (manager, user) =>
      switchTotpOff(manager, user, actOf(asker, 'disableTotp')),
    ),

  /** Replaces a user's recovery codes, for a code. */
  renew: (asker: Asker & Pick<Staff, 'clientAddress'>, code: string) =>
    withCode(database, codes, asker, code, async (manager, user) => {
      const recoveryCodes = await renewRecoveryCodes(manager, user.id)
      await announceTotp(manager, user, 'recovery-codes-renewed', actOf(asker, 'renewRecoveryCodes'))
      return { user, recoveryCodes }
    }),

  /** Asks for no codes of a user any more who has neither the app nor a recovery code. */
  remove: (
    userId: string,
    { staff, reason }: { readonly staff: Staff; readonly reason: string | null },
  ): Promise<UserRow | Refusal<'userNotFound' | 'noTotp'> | undefined> =>
    database.transaction(async manager => {
      if (await hasEnded(manager, staff.sessionId)) return undefined
      const user = await lockUser(manager, userId)
      if (user === undefined) return { kind: 'userNotFound' }
      if (user.totpSince === null) return { kind: 'noTotp' }
      return switchTotpOff(manager, user, { ...staff, act: 'removeTotp', reason })
    }),
})

const withCode = <Result>(
  database: DataSource,
  codes: TotpCodes,
  asker: Asker,
  code: string,
  change: (manager: EntityManager, user: UserRow) => Promise<Result>,
): Promise<Result | Refusal<'invalidCredentials' | 'invalidCode' | 'noTotp'> | undefined> =>
  database.transaction(async manager => {
    const user = await lockAsker(manager, asker)
    if (user === undefined || isRefusal(user)) return user
    if (user.totpSince === null) return { kind: 'noTotp' }
    if ((await codes.use(manager, user.id, code)) === undefined) return { kind: 'invalidCode' }
    return change(manager, user)
  })

const actOf = (
  { userId: actorId, sessionId, clientAddress }: Asker & Pick<Staff, 'clientAddress'>,
  act: string,
) => ({ actorId, sessionId, clientAddress, act, reason: null })
