import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Client, escapeIdentifier } from 'pg'
import {
  asUnavailable,
  connectionSettings,
  DatabaseUnavailable,
  setLimits,
  waitLimits,
} from './connection.ts'
import { assertKeepsSession } from './pooler.ts'

/** `onReconnect`, by default `onNotification`, is called after each gap, in which notifications may have been missed. */
type ListenOptions = {
  readonly url: string
  readonly channel: string
  readonly onNotification: (payload: string) => void
  readonly onReconnect?: () => void
}

const firstDelayMs = 100
const maxDelayMs = 5_000
const probeIntervalMs = 15_000
const probeTimeoutMs = 5_000
const closeTimeoutMs = 1_000

/**
 * Hears the notifications of one channel on a connection of its own, and reconnects after 100 ms to 5 s when it is
 * lost. Throws `DatabaseUnavailable` when the first connection fails, or a pooler would take its session away.
 */
export async function listen(options: ListenOptions): Promise<Running> {
  const stopping = new AbortController()
  const first = await openSession(options).catch(error => {
    if (error instanceof DatabaseUnavailable) throw error
    throw asUnavailable(ownerOf(options.channel), options.url, error) ?? error
  })
  const listening = keepListening(first, options, stopping.signal)
  return {
    stop: async () => {
      stopping.abort()
      await listening
    },
  }
}

const ownerOf = (channel: string) => `listener of ${channel}`

type ListenSession = { readonly client: Client; readonly lost: Promise<void> }

async function keepListening(
  first: ListenSession,
  options: ListenOptions,
  signal: AbortSignal,
): Promise<void> {
  const { onNotification, onReconnect = () => onNotification('') } = options
  let session: ListenSession | undefined = first
  while (session) {
    await untilLost(session, signal)
    await close(session.client)
    session = signal.aborted ? undefined : await reopenSession(options, signal)
    if (session && !signal.aborted) onReconnect()
  }
}

async function reopenSession(
  options: ListenOptions,
  signal: AbortSignal,
): Promise<ListenSession | undefined> {
  for (let delayMs = firstDelayMs; !signal.aborted; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
    await pause(delayMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return undefined
    const session = await openSession(options).catch(() => undefined)
    if (session) return session
  }
  return undefined
}

async function openSession({ url, channel, onNotification }: ListenOptions): Promise<ListenSession> {
  const client = new Client({ connectionString: url, ...connectionSettings(`listen ${channel}`) })
  const lost = new Promise<void>(resolve =>
    client.once('error', () => resolve()).once('end', () => resolve()),
  )
  // n.b. a second error without a listener would end the process
  client.on('error', () => {})
  client.on('notification', ({ payload = '' }) => onNotification(payload))
  try {
    await client.connect()
    await assertKeepsSession(client, ownerOf(channel), url)
    await client.query(`${setLimits(waitLimits, 'session')}; listen ${escapeIdentifier(channel)}`)
    return { client, lost }
  } catch (error) {
    await close(client)
    throw error
  }
}

/** n.b. if the peer vanishes without closing, the socket stays silent: only an unanswered probe tells. */
async function untilLost({ client, lost }: ListenSession, signal: AbortSignal): Promise<void> {
  // n.b. the session may have been opened while the listener was being stopped
  if (signal.aborted) return
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const onAbort = () => end()
  const probe = setInterval(() => {
    const deadline = setTimeout(end, probeTimeoutMs)
    client
      .query('select 1')
      .catch(() => end())
      .finally(() => clearTimeout(deadline))
  }, probeIntervalMs)
  signal.addEventListener('abort', onAbort)
  await Promise.race([lost, ended])
  signal.removeEventListener('abort', onAbort)
  clearInterval(probe)
}

/** n.b. a peer that vanished never answers the closing message. */
const close = (client: Client): Promise<unknown> =>
  Promise.race([client.end().catch(() => {}), pause(closeTimeoutMs, undefined, { ref: false })])
