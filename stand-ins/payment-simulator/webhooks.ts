import { createHmac } from 'node:crypto'
import { affected, rows } from '@supergraph/postgres/statements.ts'
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

  const sendLater = async (postponed: Promise<void>): Promise<void> => {
    await postponed
    sender.wake()
  }
  const deliver = async (event: DueEvent, to: Endpoint): Promise<void> => {
    const fault = event.attempts === 1 ? faults.strikeWebhook() : undefined
    if (fault?.kind === 'lost') return giveUp(database, event.id)
    if (fault?.kind === 'late') return sendLater(postpone(database, event.id, fault.delayMs))
    if (fault?.kind === 'disordered')
      return sendLater(postpone(database, event.id, faults.chance() * fault.delayMs))
    const sent = await Promise.all(
      Array.from({ length: fault?.kind === 'doubled' ? 2 : 1 }, () => post(event.body, to, stopping.signal)),
    )
    if (sent.every(isTaken => isTaken)) await settle(database, event.id)
    else if (!stopping.signal.aborted) await sendLater(retryLater(database, event))
  }

  const send = async (): Promise<number> => {
    if (endpoint === undefined) return pruneEveryMs
    const { events, nextInMs } = await claim(database, sentAtOnce - inFlight.size)
    for (const event of events) {
      const delivery = deliver(event, endpoint)
        .catch(onError)
        .finally(() => {
          const wasFull = inFlight.size === sentAtOnce
          inFlight.delete(delivery)
          if (wasFull) sender.wake()
        })
      inFlight.add(delivery)
    }
    return inFlight.size === sentAtOnce ? pruneEveryMs : nextInMs
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

const claimed = z.object({ event: dueEvent.nullable(), nextInMs: z.number().nullable() })

/** Claims events that are due, at most `limit`, and says in how many milliseconds the next one will be. */
const claim = async (
  database: DataSource,
  limit: number,
): Promise<{ readonly events: readonly DueEvent[]; readonly nextInMs: number }> => {
  const found = await rows(
    database,
    claimed,
    `with due as (
       select id from events where next_attempt_at <= now()
       order by next_attempt_at, position limit $1 for update skip locked
     ), claimed as (
       update events set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $2)
       from due where events.id = due.id
       returning json_build_object('id', events.id, 'body', events.body, 'attempts', events.attempts) as event
     )
     select event, (extract(epoch from next_at - now()) * 1000)::float8 as "nextInMs"
     from (
       select min(next_attempt_at) as next_at from events
       where next_attempt_at is not null and id not in (select id from due)
     ) as next
     left join claimed on true`,
    [limit, leaseSeconds],
  )
  const events = found.flatMap(({ event }) => event ?? [])
  const leaseMs = events.length === 0 ? pruneEveryMs : leaseSeconds * 1_000
  return { events, nextInMs: Math.max(Math.min(found[0]?.nextInMs ?? pruneEveryMs, leaseMs), 1) }
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
