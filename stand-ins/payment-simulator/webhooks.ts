import { createHmac } from 'node:crypto'
import { affected, row, rows } from '@supergraph/postgres/statements.ts'
import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import { pruneEvents } from './events.ts'
import type { Faults } from './faults.ts'

const sentAtOnce = 16
const answerWithinMs = 10_000
/** An event whose sender was killed is sent again after it. */
const leaseSeconds = 15
const pruneEveryMs = 3_600_000
const maxAnswerBytes = 64 * 1024

/** Where the shop takes events, and the secrets with each of which they are signed. */
export type Endpoint = { readonly url: string; readonly secrets: readonly string[] }

/**
 * Sends events to the endpoint, in no particular order and each at least once: again after 1 s, 2 s, 4 s and so on up to 12
 * hours until the answer is 2xx, for three days. Without an endpoint nothing is sent.
 */
export const startWebhooks = ({
  database,
  endpoint,
  faults,
  logger,
}: {
  readonly database: DataSource
  readonly endpoint: Endpoint | undefined
  readonly faults: Faults
  readonly logger: Logger
}): Running & { readonly wake: () => void } => {
  const stopping = new AbortController()
  const inFlight = new Set<Promise<void>>()
  const onError = (error: unknown) => logger.error({ err: error }, 'an event could not be sent')

  const deliver = async (event: DueEvent, to: Endpoint): Promise<void> => {
    const fault = event.attempts === 1 ? faults.strikeWebhook() : undefined
    if (fault?.kind === 'lost') return giveUp(database, event.id)
    if (fault?.kind === 'late') return postpone(database, event.id, fault.delayMs)
    if (fault?.kind === 'disordered') return postpone(database, event.id, faults.chance() * fault.delayMs)
    const sent = await Promise.all(
      Array.from({ length: fault?.kind === 'doubled' ? 2 : 1 }, () => post(event.body, to, stopping.signal)),
    )
    if (sent.every(isTaken => isTaken)) await settle(database, event.id)
    else if (!stopping.signal.aborted) await retryLater(database, event)
  }

  const send = async (): Promise<number> => {
    if (endpoint === undefined) return pruneEveryMs
    for (const event of await claim(database, sentAtOnce - inFlight.size)) {
      const delivery = deliver(event, endpoint)
        .catch(onError)
        .finally(() => {
          inFlight.delete(delivery)
          sender.wake()
        })
      inFlight.add(delivery)
    }
    // n.b. whatever ends wakes the sender
    return inFlight.size >= sentAtOnce ? pruneEveryMs : await nextInMs(database)
  }

  const pruner = startLoop({
    everyMs: pruneEveryMs,
    work: async () => {
      await pruneEvents(database)
    },
    onError,
  })
  const sender = startLoop({ everyMs: pruneEveryMs, retryMs: 1_000, work: send, onError })
  return {
    wake: sender.wake,
    stop: async () => {
      stopping.abort()
      await Promise.all([sender.stop(), pruner.stop()])
      await Promise.all(inFlight)
    },
  }
}

const dueEvent = z.object({ id: z.string(), body: z.string(), attempts: z.number() })

type DueEvent = z.output<typeof dueEvent>

const claim = (database: DataSource, limit: number): Promise<readonly DueEvent[]> =>
  rows(
    database,
    dueEvent,
    `update events set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $2)
     where id in (
       select id from events where next_attempt_at <= now()
       order by next_attempt_at, position limit $1 for update skip locked)
     returning id, body, attempts`,
    [limit, leaseSeconds],
  )

const nextInMs = async (database: DataSource): Promise<number> => {
  const next = await row(
    database,
    z.object({ inMs: z.number().nullable() }),
    `select (extract(epoch from min(next_attempt_at) - now()) * 1000)::float8 as "inMs" from events
     where next_attempt_at is not null`,
  )
  return Math.min(Math.max(next?.inMs ?? pruneEveryMs, 1), pruneEveryMs)
}

/** Whether the endpoint has taken the event. */
const post = async (body: string, { url, secrets }: Endpoint, stopping: AbortSignal): Promise<boolean> => {
  try {
    const { ok } = await directFetch(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureOf(body, secrets, Math.floor(Date.now() / 1_000)),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stopping, AbortSignal.timeout(answerWithinMs)]),
      },
      maxAnswerBytes,
    )
    return ok
  } catch {
    return false
  }
}

/** The `Stripe-Signature` of a body at a time in seconds, with one signature per secret. */
const signatureOf = (body: string, secrets: readonly string[], at: number): string => {
  const signatures = secrets.map(secret => createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'))
  return [`t=${at}`, ...signatures.map(signature => `v1=${signature}`)].join(',')
}

const settle = async (database: DataSource, id: string): Promise<void> => {
  await affected(database, 'update events set delivered_at = now(), next_attempt_at = null where id = $1', [
    id,
  ])
}

const giveUp = async (database: DataSource, id: string): Promise<void> => {
  await affected(database, 'update events set next_attempt_at = null where id = $1', [id])
}

const postpone = async (database: DataSource, id: string, byMs: number): Promise<void> => {
  await affected(
    database,
    'update events set next_attempt_at = now() + make_interval(secs => $2) where id = $1',
    [id, byMs / 1_000],
  )
}

const retryLater = async (database: DataSource, { id, attempts }: DueEvent): Promise<void> => {
  await affected(
    database,
    `update events set next_attempt_at =
       case when created_at > now() - interval '3 days' then now() + make_interval(secs => $2) end
     where id = $1`,
    [id, Math.min(2 ** (attempts - 1), 12 * 3_600)],
  )
}
