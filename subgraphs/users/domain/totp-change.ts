import { UserTotpChanged } from '@supergraph/schema/events/users.ts'

/** What has happened to the second factor of a user, of which its owner is told. */
export type TotpChange = 'enabled' | 'disabled' | 'recovery-code-used' | 'recovery-codes-renewed'

/** The event that the second factor of a user was changed, and how many recovery codes are left. */
export const totpChanged = (
  data: { readonly userId: string; readonly change: TotpChange; readonly recoveryCodesLeft: number },
  { eventId, now }: { readonly eventId: string; readonly now: Date },
) => UserTotpChanged.create({ id: eventId, subject: eventId, version: 1, occurredAt: now, data })
