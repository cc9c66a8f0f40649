import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import { isUuid, uuidv7 } from '@supergraph/runtime/uuid.ts'
import { type EntityManager, IsNull, Not } from 'typeorm'
import { type EndReason, sessionEnded } from '../domain/session.ts'
import { readClock } from './clock.ts'
import { type SessionRow, SessionTable } from './tables.ts'

// n.b. everything here wants the user's row locked by the caller: that keeps sessions from beginning meanwhile, and
// gives beginnings and ends the times of their order

/** Ends every session of a user and announces it in one event; answers how many lived. */
export const endAllSessions = async (
  manager: EntityManager,
  userId: string,
  reason: EndReason,
): Promise<number> => {
  const now = await readClock(manager)
  const { affected } = await manager.update(SessionTable, livingOf(userId), {
    endedAt: now,
    endReason: reason,
  })
  // n.b. announced even where none lived: an access token may have outlived what a gateway remembers of its session
  await announce(manager, userId, null, reason, now)
  return affected ?? 0
}

/** Ends every session of a user but one, with an event for each; answers how many they were. */
export const endOtherSessions = async (
  manager: EntityManager,
  userId: string,
  keptId: string,
  reason: EndReason,
): Promise<number> => {
  const others = (await manager.findBy(SessionTable, livingOf(userId))).filter(({ id }) => id !== keptId)
  const now = await readClock(manager)
  for (const session of others) await endAt(manager, session, reason, now)
  return others.length
}

/** Ends one session, which lives, and announces it. */
export const endSession = async (manager: EntityManager, session: Ending, reason: EndReason): Promise<void> =>
  endAt(manager, session, reason, await readClock(manager))

/** Whether a session is known to have ended, though an access token of it may live. */
export const hasEnded = async (manager: EntityManager, sessionId: string): Promise<boolean> =>
  isUuid(sessionId) && (await manager.existsBy(SessionTable, { id: sessionId, endedAt: Not(IsNull()) }))

type Ending = Pick<SessionRow, 'id' | 'userId'>

const endAt = async (
  manager: EntityManager,
  { id, userId }: Ending,
  reason: EndReason,
  now: Date,
): Promise<void> => {
  await manager.update(SessionTable, { id }, { endedAt: now, endReason: reason })
  await announce(manager, userId, id, reason, now)
}

const livingOf = (userId: string) => ({ userId, endedAt: IsNull() })

const announce = (
  manager: EntityManager,
  userId: string,
  sessionId: string | null,
  reason: EndReason,
  now: Date,
): Promise<void> =>
  appendToOutbox(manager, [sessionEnded({ userId, sessionId, reason }, { eventId: uuidv7(), now })])
