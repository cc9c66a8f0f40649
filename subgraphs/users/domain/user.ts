import { UserRegistered, UserUpdated } from '@supergraph/schema/events/users.ts'
import { line } from '@supergraph/schema/postal-address.ts'
import { z } from 'zod'
import { parseInput } from './input.ts'
import { isAcceptablePassword } from './password.ts'
import { type InvalidInput, isRefusal, type WeakPassword, weakPassword } from './refusals.ts'
import type { Role } from './role.ts'

/** Someone with an account. */
export type User = {
  readonly id: string
  /** In lower case. */
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly createdAt: Date
  /** Grows by one with each change of the name or the e-mail address. */
  readonly version: number
}

/** What someone says about themselves to get an account. */
export type Registration = { readonly name: string; readonly email: string; readonly password: string }

/** What someone changes about themselves; what is missing stays as it is. */
export type Profile = { readonly name?: string | null | undefined }

/** An e-mail address in the one form that is stored and compared: trimmed, in lower case, 254 characters at most. */
export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(
    z
      .email({ error: 'Put an e-mail address there, such as ada@example.com.' })
      .max(254, { error: 'Put an e-mail address of at most 254 characters there.' }),
  )

const name = line('your name', 100)
const registration = z.object({ email: emailAddress, name, password: z.string() })
const profile = z.object({ name: name.nullish() })

/** Checks a registration. */
export const parseRegistration = (input: unknown): Registration | InvalidInput | WeakPassword => {
  const parsed = parseInput(registration, input)
  if (isRefusal(parsed)) return parsed
  return isAcceptablePassword(parsed.password, [parsed.email, parsed.name]) ? parsed : weakPassword
}

/** Checks the changes of a profile; what is missing stays as it is. */
export const parseProfile = (input: unknown): Profile | InvalidInput => parseInput(profile, input)

/** Changes a profile; without an event where that changes nothing. */
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
  { name, email }: Pick<Registration, 'name' | 'email'>,
  role: Role,
  { userId, eventId, now }: { readonly userId: string; readonly eventId: string; readonly now: Date },
) => ({
  user: { id: userId, email, name, role, createdAt: now, version: 1 } satisfies User,
  events: [
    UserRegistered.create({
      id: eventId,
      subject: userId,
      version: 1,
      occurredAt: now,
      data: { userId, name, email },
    }),
  ],
})
