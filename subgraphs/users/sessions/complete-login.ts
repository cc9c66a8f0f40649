import type { CompletionOrigin, LoginCompletion } from '../database/login-completion.ts'
import type { SignedIn } from '../database/session-beginnings.ts'
import { isRefusal, type Refusal } from '../domain/refusals.ts'
import type { LoginThrottle } from './login-throttle.ts'

export type CompleteLogin = ReturnType<typeof createCompleteLogin>

/** Signs in, for the token of a login with the right password and a code; neither works twice. */
export const createCompleteLogin =
  ({ logins, throttle }: { readonly logins: LoginCompletion; readonly throttle: LoginThrottle }) =>
  async (
    { challenge, code }: { readonly challenge: string; readonly code: string },
    origin: CompletionOrigin,
  ): Promise<SignedIn | Refusal<'invalidChallenge' | 'invalidCode' | 'tooManyCodes'>> => {
    const owner = await logins.challengedBy(challenge)
    if (owner === undefined) return { kind: 'invalidChallenge' }
    const tries = throttle.code(owner.email, origin.network)
    const waitMs = await tries.takeMs()
    if (waitMs > 0) return { kind: 'tooManyCodes', waitMs }
    const signedIn = await logins.complete(challenge, code, origin)
    if (isRefusal(signedIn)) return signedIn
    await tries.right()
    await throttle.login(owner.email, origin.network).right()
    return signedIn
  }
