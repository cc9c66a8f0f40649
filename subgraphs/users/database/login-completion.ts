import type { DataSource } from 'typeorm'
import { hashOf } from '../domain/refresh-token.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { IssueAccessToken, SessionOrigin } from '../domain/session.ts'
import { challengedBy, spendChallenge } from './login-challenges.ts'
import { beginSession, type SignedIn } from './session-beginnings.ts'
import { announceTotp } from './totp-changes.ts'
import type { TotpCodes } from './totp-codes.ts'
import { lockUser } from './user-store.ts'

/** From where a code comes; the audit log has the address. */
export type CompletionOrigin = SessionOrigin & { readonly clientAddress: string | null }

export type LoginCompletion = ReturnType<typeof createLoginCompletion>

/** The logins that wait for a code. */
export const createLoginCompletion = (
  database: DataSource,
  issuer: () => Promise<IssueAccessToken>,
  codes: TotpCodes,
) => ({
  /** Who has given their password for this token; undefined if it does not work, or not any more. */
  challengedBy: (challenge: string) => challengedBy(database.manager, hashOf(challenge)),

  /** Begins the session of a login for a code, and uses both up; a wrong code leaves the login waiting. */
  complete: async (
    challenge: string,
    code: string,
    { clientAddress, ...origin }: CompletionOrigin,
  ): Promise<SignedIn | Refusal<'invalidChallenge' | 'invalidCode'>> => {
    const issue = await issuer()
    return database.transaction(async manager => {
      const hash = hashOf(challenge)
      const owner = await challengedBy(manager, hash)
      const user = owner && (await lockUser(manager, owner.userId))
      // n.b. asked again, since it may have been used up while this transaction waited for the user's row
      if (!user || !(await challengedBy(manager, hash))) return { kind: 'invalidChallenge' }
      const used = await codes.use(manager, user.id, code)
      if (used === undefined) return { kind: 'invalidCode' }
      await spendChallenge(manager, hash)
      if (used === 'recovery') {
        const act = { actorId: user.id, sessionId: null, clientAddress, act: 'completeLogin', reason: null }
        await announceTotp(manager, user, 'recovery-code-used', act)
      }
      return beginSession(manager, user, issue, origin)
    })
  },
})
