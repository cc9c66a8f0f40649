import type { Sealer } from '@supergraph/runtime/sealed.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import { z } from 'zod'
import type { ExportReads, OwnPart } from '../database/export-reads.ts'
import type { UserRow } from '../database/tables.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { IssueAccessToken } from '../domain/session.ts'
import type { LoginThrottle } from '../sessions/login-throttle.ts'
import type { SessionCaller } from '../sessions/sessions.ts'
import type { GatewayParts, ReadGatewayParts } from './gateway-parts.ts'

/** Where the file is that somebody gets with everything that is known of them. */
export const myDataPath = '/my-data'

/** How long a link to that file works, in minutes. */
const linkMinutes = 15

const boundTo = 'my-data'
const maxAtOnce = 4
const maxWaiting = 100

const link = z.object({ userId: z.string(), sessionId: z.string(), expiresAtMs: z.number() })

/** Everything that is known of somebody. */
export type Everything = OwnPart & GatewayParts & { readonly exportedAt: string }

/** A link to everything that is known of somebody, and until when it works. */
export type MyDataLink = { readonly url: string; readonly expiresAt: Date }

export type MyData = ReturnType<typeof createMyData>

/** Gives people everything that is known of them. */
export const createMyData = ({ sealer, publicUrl, throttle, reads, readParts, issuer }: Dependencies) => {
  const turns = createTurns({ atOnce: maxAtOnce, maxWaiting })
  const underWay = new Map<string, Promise<Everything | undefined>>()

  const gatherFor = async (user: UserRow, sessionId: string): Promise<Everything | undefined> => {
    const now = new Date()
    const { accessToken } = await (await issuer())(user, sessionId, now)
    const parts = await readParts(accessToken)
    const own = await reads.read(user.id)
    return own && { exportedAt: now.toISOString(), ...own, ...parts }
  }

  return {
    /**
     * A link to everything that is known of the caller, for as long as their session lasts, and 15 minutes at most; undefined if
     * the session has ended. n.b. nothing is gathered yet, and so nothing is kept
     */
    link: async ({
      userId,
      sessionId,
    }: SessionCaller): Promise<MyDataLink | Refusal<'tooManyExports'> | undefined> => {
      if ((await reads.userOf(userId, sessionId)) === undefined) return undefined
      const waitMs = await throttle.exportWaitMs(userId)
      if (waitMs > 0) return { kind: 'tooManyExports', waitMs }
      const expiresAt = new Date(Date.now() + linkMinutes * 60_000)
      const text = JSON.stringify({ userId, sessionId, expiresAtMs: expiresAt.getTime() })
      const url = new URL(myDataPath, publicUrl)
      url.searchParams.set('token', sealer.seal(text, boundTo))
      return { url: url.href, expiresAt }
    },

    /**
     * Gathers what a link leads to, once for all who open it meanwhile; undefined if it works no more, or is none. Throws if a
     * subgraph does not tell its part, or if too many wait.
     */
    gather: async (token: string): Promise<Everything | undefined> => {
      const opened = open(sealer, token)
      if (opened === undefined || opened.expiresAtMs <= Date.now()) return undefined
      const { userId, sessionId } = opened
      const user = await reads.userOf(userId, sessionId)
      if (user === undefined) return undefined
      const known = underWay.get(sessionId)
      if (known !== undefined) return known
      const gathering = turns.run(() => gatherFor(user, sessionId)).finally(() => underWay.delete(sessionId))
      underWay.set(sessionId, gathering)
      return gathering
    },
  }
}

type Dependencies = {
  readonly sealer: Sealer
  /** Where browsers find this process. */
  readonly publicUrl: string
  readonly throttle: Pick<LoginThrottle, 'exportWaitMs'>
  readonly reads: ExportReads
  readonly readParts: ReadGatewayParts
  readonly issuer: () => Promise<IssueAccessToken>
}

const open = (sealer: Sealer, token: string): z.output<typeof link> | undefined => {
  try {
    return link.parse(JSON.parse(sealer.open(token, boundTo)))
  } catch {
    return undefined
  }
}
