import { UserDeleted, UserDeletionCancelled, UserDeletionRequested } from '@supergraph/schema/events/users.ts'
import type { User } from './user.ts'

/** What is left of an account that was deleted: what its orders refer to. n.b. its id tells when it was opened */
export const deletedUser = (id: string): User => ({
  id,
  email: '',
  shownEmail: null,
  emailVerified: false,
  name: 'Deleted account',
  role: 'CUSTOMER',
  locale: 'en',
  totpSince: null,
  createdAt: new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)),
  version: 0,
})

type Origin = { readonly eventId: string; readonly now: Date }

/** The event that somebody wants their account deleted. n.b. its subject is its own id, so that it waits for no other event */
export const deletionRequested = (
  { userId, dueAt }: { readonly userId: string; readonly dueAt: Date },
  { eventId, now }: Origin,
) =>
  UserDeletionRequested.create({
    id: eventId,
    subject: eventId,
    version: 1,
    occurredAt: now,
    data: { userId, dueAt: dueAt.toISOString() },
  })

/** The event that an account will not be deleted after all; like the one before it, it waits for no other event. */
export const deletionCancelled = (userId: string, { eventId, now }: Origin) =>
  UserDeletionCancelled.create({
    id: eventId,
    subject: eventId,
    version: 1,
    occurredAt: now,
    data: { userId },
  })

/** The event that an account is gone, and that everybody is to forget its person; the last one about the user. */
export const userDeleted = (
  { id, version }: { readonly id: string; readonly version: number },
  { eventId, now }: Origin,
) =>
  UserDeleted.create({
    id: eventId,
    subject: id,
    version: version + 1,
    occurredAt: now,
    data: { userId: id },
  })
