import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import type { EntityManager } from 'typeorm'
import { type TotpChange, totpChanged } from '../domain/totp-change.ts'
import { type OwnAct, recordOwnAct } from './audit-store.ts'
import { readClock } from './clock.ts'
import { revokeChallenges } from './login-challenges.ts'
import { type UserRow, userTable } from './tables.ts'
import { countRecoveryCodes, forgetCodes } from './totp-codes.ts'

/** Who has done what to the second factor of a user. */
export type TotpAct = Omit<OwnAct, 'about' | 'before' | 'after'>

/** Tells a user of a change of their second factor, and the audit log if the user is of the staff or somebody else did it. */
export const announceTotp = async (
  manager: EntityManager,
  { id: userId, role }: Pick<UserRow, 'id' | 'role'>,
  change: TotpChange,
  act: TotpAct,
): Promise<void> => {
  const recoveryCodesLeft = await countRecoveryCodes(manager, userId)
  const now = await readClock(manager)
  const event = totpChanged({ userId, change, recoveryCodesLeft }, { eventId: uuidv7(), now })
  await appendToOutbox(manager, [event])
  // n.b. the log is kept for ever, and so has nothing that customers do to their own accounts
  if (role === 'CUSTOMER' && act.actorId === userId) return
  const values: Pick<OwnAct, 'before' | 'after'> =
    change === 'enabled' || change === 'disabled'
      ? { before: { totp: change !== 'enabled' }, after: { totp: change === 'enabled' } }
      : { before: null, after: { recoveryCodesLeft } }
  await recordOwnAct(manager, { ...act, about: { kind: 'USER', id: userId }, ...values })
}

/** Switches the second factor of a user off, whose row is locked. */
export const switchTotpOff = async (
  manager: EntityManager,
  user: UserRow,
  act: TotpAct,
): Promise<UserRow> => {
  await manager.update(userTable, { id: user.id }, { totpSince: null })
  await forgetCodes(manager, user.id)
  await revokeChallenges(manager, user.id)
  await announceTotp(manager, user, 'disabled', act)
  return { ...user, totpSince: null }
}
