import type { Sessions } from './session.ts'

const tryAgainInMs = 10_000
const soonestInMs = 1_000

/** Puts the session's next token on an open socket before the old one dies, in a `ping`. */
export type Renewal = {
  readonly begin: (socket: unknown, token: string) => void
  /** Takes the payload of a `pong`. */
  readonly answered: (payload: unknown) => void
  /** Stops; gives the token that the socket stood on last. */
  readonly end: () => string | undefined
}

export const createRenewal = (sessions: Pick<Sessions, 'accessToken' | 'renewalInMs'>): Renewal => {
  let socket: Sender | undefined
  let acknowledged: string | undefined
  let sent: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const turnIn = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(turn, ms)
  }
  const turn = async (): Promise<void> => {
    const current = socket
    try {
      const token = await sessions.accessToken()
      if (current === undefined || socket !== current || token === undefined) return
      if (token === acknowledged) return turnIn(nextTurnInMs(sessions))
      sent = token
      current.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${token}` } }))
    } catch {
      // n.b. the old token goes on until its end, and the next turn tries again
    }
    if (socket === current) turnIn(tryAgainInMs)
  }

  return {
    begin: (opened, token) => {
      socket = isSender(opened) ? opened : undefined
      acknowledged = token
      turnIn(nextTurnInMs(sessions))
    },
    answered: payload => {
      const isTaken = typeof payload === 'object' && payload !== null && 'expiresAt' in payload
      if (!isTaken || sent === undefined) return
      acknowledged = sent
      sent = undefined
      turnIn(nextTurnInMs(sessions))
    },
    end: () => {
      clearTimeout(timer)
      const last = sent ?? acknowledged
      socket = acknowledged = sent = undefined
      return last
    },
  }
}

const nextTurnInMs = (sessions: Pick<Sessions, 'renewalInMs'>): number =>
  Math.max(soonestInMs, sessions.renewalInMs() ?? tryAgainInMs)

type Sender = { readonly send: (message: string) => void }

const isSender = (value: unknown): value is Sender =>
  typeof value === 'object' && value !== null && 'send' in value && typeof value.send === 'function'
