import { emailAddress } from '@supergraph/schema/email-address.ts'
import { UserRegistered, UserUpdated } from '@supergraph/schema/events/users.ts'
import { line } from '@supergraph/schema/postal-address.ts'
import { z } from 'zod'
import type { Role } from './role.ts'

/** Someone with an account. */
export type User = {
  readonly id: string
  /** In ASCII and lower case; one for all ways of writing an address. */
  readonly email: string
  /** The e-mail address as its owner writes it; null if that is `email`. */
  readonly shownEmail: string | null
  readonly name: string
  readonly role: Role
  readonly createdAt: Date
  /** Grows by one with each change of the name or the e-mail address. */
  readonly version: number
}

const name = line('your name', 100)

/** Whose password is to be forgotten. */
export const passwordResetRequest = z.object({ email: emailAddress }).readonly()

/** What someone says about themselves to get an account. */
export const registrationInput = z.object({ email: emailAddress, name, password: z.string() }).readonly()
export type Registration = z.output<typeof registrationInput>
export type RegistrationInput = z.input<typeof registrationInput>

/** What someone changes about themselves; a missing value stays as it is. */
export const profileInput = z.object({ name: name.nullish() }).readonly()
export type Profile = z.output<typeof profileInput>

/** Changes a profile; there is no event if the name stays the same. */
export const changeProfile = (
  user: User,
  { name }: Profile,
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) => {
  if (name === undefined || name === null || name === user.name) return { user, events: [] }
  const changed: User = { ...user, name, version: user.version + 1 }
  return {
    user: changed,
    events: [
      UserUpdated.create({
        id: eventId,
        subject: changed.id,
        version: changed.version,
        occurredAt: now,
        data: { userId: changed.id, name, email: changed.email },
      }),
    ],
  }
}

/** Opens an account. */
export const register = (
  { name, email: { canonical, shown } }: Pick<Registration, 'name' | 'email'>,
  role: Role,
  { userId, eventId, now }: { readonly userId: string; readonly eventId: string; readonly now: Date },
) => ({
  user: {
    id: userId,
    email: canonical,
    shownEmail: shown === canonical ? null : shown,
    name,
    role,
    createdAt: now,
    version: 1,
  } satisfies User,
  events: [
    UserRegistered.create({
      id: eventId,
      subject: userId,
      version: 1,
      occurredAt: now,
      data: { userId, name, email: canonical },
    }),
  ],
})
