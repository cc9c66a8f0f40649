import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { isUuid, uuidv7 } from '@supergraph/runtime/uuid.ts'
import { type EntityManager, IsNull, Not } from 'typeorm'
import { type EndReason, sessionEnded } from '../domain/session.ts'
import { readClock } from './clock.ts'
import { type SessionRow, sessionTable } from './tables.ts'

// n.b. the caller must have locked the user's row: then no session begins meanwhile, and the times of beginnings and
// ends are in the order of the changes

/** Ends every session of a user and announces it in one event; returns how many were alive. */
export const endAllSessions = async (
  manager: EntityManager,
  userId: string,
  reason: EndReason,
): Promise<number> => {
  const now = await readClock(manager)
  const { affected } = await manager.update(sessionTable, aliveOf(userId), {
    endedAt: now,
    endReason: reason,
  })
  // n.b. announced even if none was alive: a gateway may have forgotten a session whose access token still works
  await announce(manager, userId, null, reason, now)
  return affected ?? 0
}

/** Ends every session of a user but one, with an event for each; returns how many were alive. */
export const endOtherSessions = async (
  manager: EntityManager,
  userId: string,
  keptId: string,
  reason: EndReason,
): Promise<number> => {
  const others = (await manager.findBy(sessionTable, aliveOf(userId))).filter(({ id }) => id !== keptId)
  const now = await readClock(manager)
  for (const session of others) await endAt(manager, session, reason, now)
  return others.length
}

/** Ends one session, which must be alive, and announces it. */
export const endSession = async (
  manager: EntityManager,
  session: SessionKey,
  reason: EndReason,
): Promise<void> => endAt(manager, session, reason, await readClock(manager))

/** Whether a session is known to have ended; an access token of it may still work. */
export const hasEnded = async (manager: EntityManager, sessionId: string): Promise<boolean> =>
  isUuid(sessionId) && (await manager.existsBy(sessionTable, { id: sessionId, endedAt: Not(IsNull()) }))

type SessionKey = Pick<SessionRow, 'id' | 'userId'>

const endAt = async (
  manager: EntityManager,
  { id, userId }: SessionKey,
  reason: EndReason,
  now: Date,
): Promise<void> => {
  await manager.update(sessionTable, { id }, { endedAt: now, endReason: reason })
  await announce(manager, userId, id, reason, now)
}

const aliveOf = (userId: string) => ({ userId, endedAt: IsNull() })

const announce = (
  manager: EntityManager,
  userId: string,
  sessionId: string | null,
  reason: EndReason,
  now: Date,
): Promise<void> =>
  appendToOutbox(manager, [sessionEnded({ userId, sessionId, reason }, { eventId: uuidv7(), now })])
