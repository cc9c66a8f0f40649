import type { Lock } from './lock.ts'
import type { Post } from './operation.ts'
import { loginDocument, logoutDocument, refreshDocument, registerDocument } from './session-documents.ts'
import { ShopError, signedOut } from './shop-error.ts'
import type { Store } from './store.ts'

/** Who is signed in. */
export type SessionUser = { readonly id: string; readonly name: string; readonly role: string }

/** A signed-in session, as it is stored. */
export type Session = {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token dies, in ISO 8601. */
  readonly expiresAt: string
  readonly user: SessionUser
  /** When, by this device's clock, the next token is fetched; without it the clock is wrong and a refusal decides. */
  readonly renewAtMs?: number
}

/** A refusal to show at the form. */
export type SignInRefusal = {
  readonly __typename: string
  readonly message: string
  readonly retryAfterSeconds?: number
}

export type SignInResult = { readonly __typename: 'Session'; readonly user: SessionUser } | SignInRefusal

export type LoginInput = { readonly email: string; readonly password: string }
export type RegisterInput = LoginInput & { readonly name: string }

/** The user changed; `error` says why if nobody asked for it. */
type OnUser = (user: SessionUser | undefined, error: ShopError | undefined) => void

type Granted = Omit<Session, 'renewAtMs'> & { readonly __typename: 'Session' }
type Result = Granted | SignInRefusal

export type Sessions = ReturnType<typeof createSessions>

/**
 * Signs in and out, and keeps signed in: a token is renewed `renewBeforeMs` before its end or once it was refused, by one
 * refresh at a time in all the pages that share `store` and `lock`, since a refresh token that comes twice ends the session.
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
  const listeners = new Set<OnUser>()
  let current: Session | undefined
  let loading: Promise<void> | undefined
  let refreshing: Promise<string> | undefined

  const load = (): Promise<void> => {
    loading ??= Promise.resolve(store.get()).then(stored => {
      if (stored !== undefined) take(stored)
    })
    return loading
  }
  const take = (next: Session | undefined, error?: ShopError): void => {
    const before = current?.user.id
    current = next
    if (before !== next?.user.id) for (const listener of [...listeners]) listener(next?.user, error)
  }
  const save = async (next: Session | undefined, error?: ShopError): Promise<void> => {
    take(next, error)
    await store.set(next)
  }
  const saveGranted = (granted: Granted): Promise<void> => save(withRenewal(granted, renewBeforeMs))

  /** Fetches the next tokens, unless another page just did; runs under the lock. */
  const refresh = async (refused: string | undefined): Promise<string> => {
    const stored = await store.get()
    if (stored === undefined) {
      take(undefined, signedOut())
      throw signedOut()
    }
    if (isGood(stored, refused)) {
      take(stored)
      return stored.accessToken
    }
    const input = { refreshToken: stored.refreshToken }
    const { data } = await post<{ refreshSession: Result | null }, object>(
      refreshDocument,
      { input },
      undefined,
    )
    if (data.refreshSession === null)
      throw new ShopError('UNREACHABLE', 'The session can not be renewed now.')
    if (isGranted(data.refreshSession)) {
      await saveGranted(data.refreshSession)
      return data.refreshSession.accessToken
    }
    await save(undefined, signedOut())
    throw signedOut()
  }

  const signIn = async (document: string, input: object): Promise<SignInResult> => {
    const { data, errors } = await post<Record<string, Result | null>, object>(document, { input }, undefined)
    const [result] = Object.values(data)
    if (result == null)
      throw new ShopError('UNREACHABLE', 'Signing in does not work at the moment.', { errors })
    if (isGranted(result)) {
      await load()
      await lock(() => saveGranted(result))
      return { __typename: 'Session', user: result.user }
    }
    return result
  }

  return {
    login: (input: LoginInput): Promise<SignInResult> => signIn(loginDocument, input),
    register: (input: RegisterInput): Promise<SignInResult> => signIn(registerDocument, input),

    /** Ends the session here in any case; throws if the shop could not be told. */
    logout: (): Promise<void> =>
      lock(async () => {
        const session = (await store.get()) ?? current
        try {
          if (session !== undefined)
            await post(logoutDocument, { input: { refreshToken: session.refreshToken } }, undefined)
        } finally {
          await save(undefined)
        }
      }),

    /** Who is signed in. */
    user: async (): Promise<SessionUser | undefined> => {
      await load()
      return current?.user
    },

    /** A valid access token other than the `refused` one, undefined if nobody is signed in; throws SIGNED_OUT. */
    accessToken: async (refused?: string): Promise<string | undefined> => {
      await load()
      if (current === undefined) return undefined
      if (isGood(current, refused)) return current.accessToken
      refreshing ??= lock(() => refresh(refused)).finally(() => {
        refreshing = undefined
      })
      const held = current
      return refreshing.catch((error: unknown) => {
        const canWait = held.accessToken !== refused && Date.now() < Date.parse(held.expiresAt)
        if (canWait && error instanceof ShopError && error.code !== 'SIGNED_OUT') return held.accessToken
        throw error
      })
    },

    /** When the token should be renewed, in ms from now; undefined if that is not known. */
    renewalInMs: (): number | undefined =>
      current?.renewAtMs === undefined ? undefined : current.renewAtMs - Date.now(),

    /** Calls `listener` whenever another user, or nobody, is signed in, until the returned function is called. */
    onUser: (listener: OnUser): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const isGood = ({ accessToken, renewAtMs }: Session, refused: string | undefined): boolean =>
  accessToken !== refused && (renewAtMs === undefined || Date.now() < renewAtMs)

const isGranted = (result: Result): result is Granted => result.__typename === 'Session'

/** n.b. if a new token looks expired, the clock is wrong: the token would be renewed without end. */
const withRenewal = (
  { accessToken, refreshToken, expiresAt, user }: Granted,
  renewBeforeMs: number,
): Session => {
  const renewAtMs = Date.parse(expiresAt) - renewBeforeMs
  return {
    accessToken,
    refreshToken,
    expiresAt,
    user: { id: user.id, name: user.name, role: user.role },
    ...(renewAtMs > Date.now() && { renewAtMs }),
  }
}
