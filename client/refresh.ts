import { pause, retryDelayMs } from './back-off.ts'
import type { CurrentSession, Session, Term } from './current-session.ts'
import { RefreshSessionText } from './generated/texts.ts'
import type { Post } from './operation.ts'
import { randomKey } from './random-key.ts'
import type { Granted, RefreshAnswer } from './session-results.ts'
import { ShopError, signedOut } from './shop-error.ts'
import { unknownMember } from './unknown-member.ts'

// n.b. the shop repeats its answer to a refresh for 30 s: three attempts fit
const attempts = 3
const timeoutMs = 8_000
const worthAnother: ReadonlySet<string> = new Set(['UNREACHABLE', 'SERVICE_UNAVAILABLE', 'SERVICE_TIMEOUT'])

/**
 * Fetches a term's next tokens, unless another page just did. A refresh whose answer was lost is repeated with its key, at
 * once or after the page was loaded again, and the shop then answers it with the same tokens.
 */
export const createRefresh = ({
  post,
  current,
  renewBeforeMs,
}: {
  readonly post: Post
  readonly current: CurrentSession
  readonly renewBeforeMs: number
}) => {
  /** The session if it still is the one with this refresh token, with the key of its refresh stored. */
  const withKey = async (
    session: Session,
  ): Promise<Required<Pick<Session, 'refreshToken' | 'refreshKey'>>> => {
    const { refreshToken, refreshKey = randomKey() } = session
    // n.b. an earlier version of this client stored no key
    if (session.refreshKey === undefined) await current.save({ ...session, refreshKey })
    return { refreshToken, refreshKey }
  }

  /** Asks for the session that follows on this one; undefined if another page has stored another one meanwhile. */
  const ask = async (session: Session, term: Term): Promise<RefreshAnswer | undefined> => {
    const { refreshToken, refreshKey } = await withKey(session)
    const input = { refreshToken, idempotencyKey: refreshKey }
    for (let attempt = 1; ; attempt += 1) {
      const result = await post(RefreshSessionText, { input }, undefined, timeoutMs).then(
        ({ data }) => data.refreshSession ?? unreachable(),
        asShopError,
      )
      const now = await current.sessionIn(term)
      if (now.refreshToken !== refreshToken) return undefined
      if (!(result instanceof ShopError)) return result
      if (attempt === attempts || !worthAnother.has(result.code)) throw result
      await pause(retryDelayMs(attempt, Math.random()), term.signal)
      if ((await current.sessionIn(term)).refreshToken !== refreshToken) return undefined
    }
  }

  return async (term: Term, refused: string | undefined): Promise<string> => {
    const stored = await current.sessionIn(term)
    if (isGood(stored, refused)) return stored.accessToken
    const result = await ask(stored, term)
    if (result === undefined) return (await current.sessionIn(term)).accessToken
    if (result.__typename === 'Session') {
      await current.save(toSession(result, renewBeforeMs))
      return result.accessToken
    }
    if (result.__typename !== 'InvalidRefreshToken') throw unreachable(unknownMember(result).message)
    await current.save(undefined)
    throw signedOut()
  }
}

/** Whether a session's token can be sent: it is not the refused one, and not about to die. */
export const isGood = ({ accessToken, renewAtMs }: Session, refused: string | undefined): boolean =>
  accessToken !== refused && (renewAtMs === undefined || Date.now() < renewAtMs)

/** n.b. if a new token looks expired, the clock is wrong: the token would be renewed without end. */
export const toSession = (
  { accessToken, refreshToken, expiresAt, user }: Granted,
  renewBeforeMs: number,
): Session => {
  const renewAtMs = Date.parse(expiresAt) - renewBeforeMs
  return {
    accessToken,
    refreshToken,
    refreshKey: randomKey(),
    expiresAt,
    user: { id: user.id, name: user.name, role: user.role },
    ...(renewAtMs > Date.now() && { renewAtMs }),
  }
}

const unreachable = (message = 'The session can not be renewed now.'): ShopError =>
  new ShopError('UNREACHABLE', message)

const asShopError = (error: unknown): ShopError => {
  if (error instanceof ShopError) return error
  throw error
}
