import type { Role } from './generated/types.ts'
import { type ShopError, signedOut, userChanged } from './shop-error.ts'
import type { Store } from './store.ts'

/** Who is signed in. */
export type SessionUser = { readonly id: string; readonly name: string; readonly role: Role }

/** A signed-in session, as it is stored. */
export type Session = {
  readonly accessToken: string
  readonly refreshToken: string
  /** Repeats a refresh whose answer was lost; every page that shares the session sends this same key. */
  readonly refreshKey?: string
  /** When the access token dies, in ISO 8601. */
  readonly expiresAt: string
  readonly user: SessionUser
  /** When, by this device's clock, the next token is fetched; without it the clock is wrong and a refusal decides. */
  readonly renewAtMs?: number
}

/** The time in which one user, or nobody, is signed in; `signal` aborts with a ShopError at the end of a user's time. */
export type Term = { readonly userId: string | undefined; readonly signal: AbortSignal }

/** The user changed; `ended` is what ended the time of a user before, and `isAsked` says that this page asked for a sign-out. */
export type OnUser = (user: SessionUser | undefined, ended: ShopError | undefined, isAsked: boolean) => void

export type CurrentSession = ReturnType<typeof createCurrentSession>

/**
 * The session that a page works with, as the store has it at the last look. Another page may change the stored session at
 * any time, and this page may hear nothing of it while it is frozen: `look` before anything is sent.
 */
export const createCurrentSession = (store: Store<Session>) => {
  const listeners = new Set<OnUser>()
  let session: Session | undefined
  let term: Term | undefined
  let ending = new AbortController()
  let writes = 0
  let writing: Promise<unknown> = Promise.resolve()

  const begin = (userId: string | undefined): Term => {
    ending = new AbortController()
    term = { userId, signal: ending.signal }
    return term
  }
  const take = (next: Session | undefined, isAsked: boolean): Term => {
    const userId = next?.user.id
    session = next
    if (term !== undefined && term.userId === userId) return term
    const [before, over] = [term?.userId, ending]
    const now = begin(userId)
    // n.b. what nobody began goes on: it is sent without a token
    const reason = before === undefined ? undefined : next === undefined ? signedOut() : userChanged()
    if (reason !== undefined) over.abort(reason)
    if (before !== userId) for (const listener of [...listeners]) listener(next?.user, reason, isAsked)
    return now
  }

  /** Reads the stored session and takes it. */
  const look = async (): Promise<Term> => {
    for (;;) {
      const seen = writes
      await writing
      const stored = await store.get()
      // n.b. a slow store may answer with what this page has replaced meanwhile
      if (seen === writes) return take(isSession(stored) ? stored : undefined, false)
    }
  }

  return {
    look,
    /** The present term as far as this page knows; undefined before the first look. */
    term: (): Term | undefined => term,
    session: (): Session | undefined => session,
    /** Looks, and gives the session of a term's user; throws what ended the term. */
    sessionIn: async ({ signal }: Term): Promise<Session> => {
      await look()
      signal.throwIfAborted()
      if (session === undefined) throw signedOut()
      return session
    },
    /** Takes and stores a session or its end; `isAsked`: this page asked for the end. */
    save: async (next: Session | undefined, isAsked = false): Promise<void> => {
      writes += 1
      const written = write(store, next)
      writing = written.catch(() => undefined)
      take(next, isAsked)
      await written
    },
    /** Calls `listener` whenever another user, or nobody, is signed in, until the returned function is called. */
    onUser: (listener: OnUser): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Gives what `work` gives, unless the term ends before. */
export const within = <Result>({ signal }: Term, work: Promise<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })

// n.b. a store may throw instead of giving a promise that rejects
const write = async (store: Store<Session>, next: Session | undefined): Promise<void> => {
  await store.set(next)
}

// n.b. another program of the origin may have stored something else under the same key
const isSession = (stored: Session | undefined): stored is Session =>
  typeof stored?.user?.id === 'string' && typeof stored.refreshToken === 'string'
