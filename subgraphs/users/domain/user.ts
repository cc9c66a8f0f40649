import { emailAddress, isAsciiAddress } from '@supergraph/schema/email-address.ts'
import {
  UserRegistered,
  UserRegisteredV2,
  UserUpdated,
  UserUpdatedV2,
} from '@supergraph/schema/events/users.ts'
import { line } from '@supergraph/schema/postal-address.ts'
import { z } from 'zod'
import { locale } from './locale.ts'
import type { Role } from './role.ts'

/** Someone with an account. */
export type User = {
  readonly id: string
  /** Canonical: one for all ways of writing an address. */
  readonly email: string
  /** The e-mail address as its owner writes it; null if that is `email`. */
  readonly shownEmail: string | null
  /** Whether its owner has used a link that was sent there. */
  readonly emailVerified: boolean
  readonly name: string
  readonly role: Role
  /** A BCP 47 tag of a language and, if it is known, a script and a region. */
  readonly locale: string
  /** Since when a code of an app is needed to sign in; null if none is. */
  readonly totpSince: Date | null
  readonly createdAt: Date
  /** Grows by one with each change of the name, the e-mail address or the locale. */
  readonly version: number
}

const name = line('your name', 100)

/** Whose password is to be forgotten. */
export const passwordResetRequest = z.object({ email: emailAddress }).readonly()

/** The address that an account is to have. */
export const emailChangeRequest = z.object({ newEmail: emailAddress, password: z.string() }).readonly()

/** What someone says about themselves to get an account. */
export const registrationInput = z
  .object({ email: emailAddress, name, password: z.string(), locale: locale.nullish() })
  .readonly()
export type Registration = z.output<typeof registrationInput>
export type RegistrationInput = z.input<typeof registrationInput>

/** What someone changes about themselves; a missing value stays as it is. */
export const profileInput = z.object({ name: name.nullish(), locale: locale.nullish() }).readonly()
export type Profile = z.output<typeof profileInput>

/** Changes a profile; there is no event if everything stays the same. */
export const changeProfile = (
  user: User,
  profile: Profile,
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) => {
  const name = profile.name ?? user.name
  const locale = profile.locale ?? user.locale
  if (name === user.name && locale === user.locale) return { user, events: [] }
  const changed: User = { ...user, name, locale, version: user.version + 1 }
  return { user: changed, events: [updated(changed, { eventId, now })] }
}

/** Gives an account another e-mail address, which is known to be its owner's. */
export const changeEmail = (
  user: User,
  { email, shownEmail }: Pick<User, 'email' | 'shownEmail'>,
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) => {
  const changed: User = { ...user, email, shownEmail, emailVerified: true, version: user.version + 1 }
  return { user: changed, events: [updated(changed, { eventId, now })] }
}

const typoCorrectedWithinMs = 24 * 60 * 60 * 1_000

/**
 * Whether the address of an account can take it back when it gets another one. n.b. an address that nobody has confirmed may be a
 * stranger's, by a typing mistake that is corrected on the first day; later it is more likely its owner's
 */
export const canTakeBack = ({ emailVerified, createdAt }: User, now: Date): boolean =>
  emailVerified || now.getTime() - createdAt.getTime() > typoCorrectedWithinMs

const updated = (
  { id, name, email, locale, version }: User,
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) =>
  (isAsciiAddress(email) ? UserUpdated : UserUpdatedV2).create({
    id: eventId,
    subject: id,
    version,
    occurredAt: now,
    data: { userId: id, name, email, locale },
  })

/** Opens an account. */
export const register = (
  { name, email: { canonical, shown }, locale: chosen }: Omit<Registration, 'password'>,
  role: Role,
  { userId, eventId, now }: { readonly userId: string; readonly eventId: string; readonly now: Date },
) => {
  const locale = chosen ?? 'en'
  return {
    user: {
      id: userId,
      email: canonical,
      shownEmail: shown === canonical ? null : shown,
      emailVerified: false,
      name,
      role,
      locale,
      totpSince: null,
      createdAt: now,
      version: 1,
    } satisfies User,
    events: [
      (isAsciiAddress(canonical) ? UserRegistered : UserRegisteredV2).create({
        id: eventId,
        subject: userId,
        version: 1,
        occurredAt: now,
        data: { userId, name, email: canonical, locale },
      }),
    ],
  }
}
