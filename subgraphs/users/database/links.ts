import { appendToOutbox } from '@supergraph/messaging/outbox/outbox.ts'
import type { Sealer } from '@supergraph/runtime/sealed.ts'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { tokenBoundTo } from '@supergraph/schema/sealed-token.ts'
import type { EntityManager } from 'typeorm'
import { createOneTimeToken, type LinkPurpose, linkCreated, linkMinutes } from '../domain/one-time-token.ts'
import { readClock } from './clock.ts'
import { saveUndo } from './email-change-undos.ts'
import { saveToken } from './one-time-tokens.ts'

/** Makes the token of a link to an address, and announces it sealed, in the caller's transaction. */
export type SendLink = (
  manager: EntityManager,
  link: {
    readonly userId: string
    readonly purpose: LinkPurpose
    readonly email: string
    readonly shownEmail?: string | null | undefined
  },
) => Promise<void>

export const createSendLink =
  (sealer: Sealer): SendLink =>
  async (manager, { userId, purpose, email, shownEmail }) => {
    const now = await readClock(manager)
    const expiresAt = new Date(now.getTime() + linkMinutes[purpose] * 60_000)
    const { token, hash } = createOneTimeToken()
    const saved = { hash, userId, expiresAt, email, shownEmail }
    const isSaved = await (purpose === 'email-change-undo'
      ? saveUndo(manager, saved)
      : saveToken(manager, { ...saved, purpose }))
    if (!isSaved) return
    const sealedToken = sealer.seal(token, tokenBoundTo(purpose, userId))
    const link = { userId, purpose, email, sealedToken, expiresAt }
    await appendToOutbox(manager, [linkCreated(link, { eventId: uuidv7(), now })])
  }
