import { createCurrentSession, type Session, type SessionUser, type Term, within } from './current-session.ts'
import {
  CompleteLoginText,
  LoginText,
  LogoutText,
  RegisterText,
  ResetPasswordText,
} from './generated/texts.ts'
import type { Lock } from './lock.ts'
import type { Post } from './operation.ts'
import { createRefresh, isGood, toSession } from './refresh.ts'
import type {
  CompleteLoginInput,
  LoginInput,
  RegisterInput,
  ResetPasswordInput,
  SignInAnswer,
  SignInResult,
} from './session-results.ts'
import { type OperationError, ShopError } from './shop-error.ts'
import type { Store } from './store.ts'

export type { Session, SessionUser } from './current-session.ts'
export type {
  CompleteLoginInput,
  LoginInput,
  RegisterInput,
  ResetPasswordInput,
  SignInRefusal,
  SignInResult,
} from './session-results.ts'

/** Gives a valid access token of one user other than the `refused` one, undefined for nobody; throws if the user has changed. */
export type TokenOf = (refused?: string) => Promise<string | undefined>

export type Sessions = ReturnType<typeof createSessions>

/**
 * Signs in and out, and keeps signed in: a token is renewed `renewBeforeMs` before its end or once it was refused, by one
 * refresh at a time in all the pages that share `store` and `lock`.
 */
export const createSessions = ({
  post,
  store,
  lock,
  renewBeforeMs,
}: {
  readonly post: Post
  readonly store: Store<Session>
  readonly lock: Lock
  readonly renewBeforeMs: number
}) => {
  const current = createCurrentSession(store)
  const refresh = createRefresh({ post, current, renewBeforeMs })
  let refreshing: { readonly term: Term; readonly token: Promise<string> } | undefined
  const stopListening = store.onChanged?.(() => void current.look().catch(() => undefined))

  const refreshOnce = (term: Term, refused: string | undefined): Promise<string> => {
    if (refreshing?.term === term) return refreshing.token
    const token = lock(() => refresh(term, refused)).finally(() => {
      if (refreshing?.token === token) refreshing = undefined
    })
    refreshing = { term, token }
    return token
  }
  const tokenIn = async (term: Term, refused: string | undefined): Promise<string | undefined> => {
    if (term.userId === undefined) return undefined
    const held = await current.sessionIn(term)
    if (isGood(held, refused)) return held.accessToken
    try {
      return await within(term, refreshOnce(term, refused))
    } catch (error) {
      term.signal.throwIfAborted()
      const canWait = held.accessToken !== refused && Date.now() < Date.parse(held.expiresAt)
      if (canWait && error instanceof ShopError) return held.accessToken
      throw error
    }
  }

  const signIn = async (
    answer: SignInAnswer | null,
    errors: readonly OperationError[],
  ): Promise<SignInResult> => {
    if (answer == null)
      throw new ShopError('UNREACHABLE', 'Signing in does not work at the moment.', { errors })
    if (answer.__typename !== 'Session') return answer
    const session = toSession(answer, renewBeforeMs)
    await lock(async () => {
      await current.look()
      await current.save(session)
    })
    return { __typename: 'Session', user: session.user }
  }

  /** Forgets the session of `term` here; gives its refresh token and when that is stored. Runs under the lock. */
  const forget = async (term: Term) => {
    const held = current.session()
    const now = await current.look()
    if (now.userId !== undefined) term.signal.throwIfAborted()
    const stored = current.session()
    const session = stored ?? held
    if (session === undefined || session.user.id !== term.userId) return undefined
    const forgotten = stored === undefined ? Promise.resolve() : current.save(undefined, true)
    await forgotten.catch(() => undefined)
    return { refreshToken: session.refreshToken, forgotten }
  }

  return {
    login: async (input: LoginInput): Promise<SignInResult> => {
      const { data, errors } = await post(LoginText, { input }, undefined)
      return signIn(data.login, errors)
    },
    completeLogin: async (input: CompleteLoginInput): Promise<SignInResult> => {
      const { data, errors } = await post(CompleteLoginText, { input }, undefined)
      return signIn(data.completeLogin, errors)
    },
    register: async (input: RegisterInput): Promise<SignInResult> => {
      const { data, errors } = await post(RegisterText, { input }, undefined)
      return signIn(data.register, errors)
    },
    resetPassword: async (input: ResetPasswordInput): Promise<SignInResult> => {
      const { data, errors } = await post(ResetPasswordText, { input }, undefined)
      return signIn(data.resetPassword, errors)
    },

    /** Ends the session here in any case; throws if the shop could not be told. */
    logout: async (): Promise<void> => {
      const term = current.term()
      const ended = await lock(async () => forget(term ?? (await current.look())))
      if (ended === undefined) return
      const { refreshToken, forgotten } = ended
      // n.b. only now, and without the lock: the page may be closed, or somebody else sign in, before the shop answers
      await post(LogoutText, { input: { refreshToken } }, undefined).finally(() => forgotten)
    },

    /** Who is signed in. */
    user: async (): Promise<SessionUser | undefined> => {
      await current.look()
      return current.session()?.user
    },

    /** The present term as far as this page knows; undefined before the first look at the store. */
    term: current.term,
    /** Looks whether another page has signed somebody in or out. */
    look: current.look,

    /**
     * Does work as the user whom this page knows at the call. If that user's time ends first, the work fails with
     * USER_CHANGED or SIGNED_OUT, whatever becomes of it. What nobody does is done to its end without a token.
     */
    asUser: async <Result>(work: (tokenOf: TokenOf) => Promise<Result>): Promise<Result> => {
      const term = current.term() ?? (await current.look())
      try {
        return await within(
          term,
          work(refused => tokenIn(term, refused)),
        )
      } finally {
        await current.look()
        term.signal.throwIfAborted()
      }
    },

    /** A valid token, other than the `refused` one, of whoever is signed in now; undefined for nobody. */
    accessToken: async (refused?: string): Promise<string | undefined> =>
      tokenIn(await current.look(), refused),

    /** When the token should be renewed, in ms from now; undefined if that is not known. */
    renewalInMs: (): number | undefined => {
      const renewAtMs = current.session()?.renewAtMs
      return renewAtMs === undefined ? undefined : renewAtMs - Date.now()
    },

    onUser: current.onUser,
    /** Hears no more of other pages. */
    close: (): void => stopListening?.(),
  }
}
