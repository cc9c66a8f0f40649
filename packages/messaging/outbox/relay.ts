import { setTimeout as pause } from 'node:timers/promises'
import { listen } from '@supergraph/postgres/listen.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { DataSource } from 'typeorm'
import { anyEnvelope } from '../envelope.ts'
import { inSendSpan } from '../event-spans.ts'
import {
  DeadLettered,
  type MessagingLogger,
  RetryLater,
  StillBeingHandled,
  type Transport,
  TransportUnavailable,
} from '../transport.ts'
import {
  markFailed,
  markPublished,
  nextDueInMs,
  outboxChannel,
  type PendingEvent,
  type PublicationFailure,
  takeRuns,
} from './outbox.ts'
import { watchOutbox } from './outbox-metrics.ts'
import { pruneOutbox, startPruning } from './prune.ts'

type Dependencies = {
  readonly database: DataSource
  /** The URL of `database` for a LISTEN connection of its own, which must keep its session. */
  readonly databaseUrl: string
  readonly transport: Transport
  readonly logger: MessagingLogger
}

/** What tests change: how often the relay looks into the outbox without being woken (5 s). */
export type Options = { readonly pollMs?: number }

const aggregatesPerBatch = 500
const runLength = 20
// n.b. a batch ends with its slowest run: a run with slow handlers is short, and goes on in the next batch
const runBudgetMs = 200
const firstRetryMs = 500
const longestRetryMs = 30_000
const outageRetryMs = 1_000
const stopGraceMs = 3_000

/**
 * Publishes what the outbox holds, in order per aggregate and at least once, woken by each commit. Several relays may
 * run on one outbox. `stop` finishes the batch in flight, but waits at most 3 s for a transport that does not answer:
 * the events then stay in the outbox.
 */
export const startRelay = (dependencies: Dependencies, { pollMs = 5_000 }: Options = {}): Promise<Running> =>
  startAll(async use => {
    const { database, databaseUrl, logger } = dependencies
    use(watchOutbox(database, databaseUrl))
    use(startPruning(() => pruneOutbox(database), logger))
    let after = ''
    const loop = use(
      startLoop({
        everyMs: pollMs,
        retryMs: Math.min(1_000, pollMs),
        work: async stopping => {
          const batch = await publishBatch(dependencies, after, stopping)
          after = batch.last
          // n.b. not a sleep of the loop, which each commit would end: a backlog must not be tried and rewritten all the time
          if (batch.isOutage) await pause(outageRetryMs, undefined, { signal: stopping }).catch(() => {})
          return Math.min(batch.nextInMs ?? pollMs, pollMs)
        },
        onError: error => logger.error({ err: error }, 'the outbox could not be read; trying again'),
      }),
    )
    use(await listen({ url: databaseUrl, channel: outboxChannel, onNotification: loop.wake }))
    loop.wake()
    return {}
  })

type Batch = {
  /** The id of the aggregate after which the next batch begins. */
  readonly last: string
  /** When the next batch is due; undefined if nothing waits. */
  readonly nextInMs: number | undefined
  /** Whether the transport took none of the events. */
  readonly isOutage: boolean
}

// n.b. the heads stay locked while their aggregates' events travel. If the process is killed meanwhile, the transaction
// rolls back and the events travel again: a second delivery, which the consumers' inbox absorbs.
const publishBatch = (
  { database, transport, logger }: Dependencies,
  after: string,
  stopping: AbortSignal,
): Promise<Batch> =>
  database.transaction(async manager => {
    const runs = await takeRuns(manager, { after, aggregates: aggregatesPerBatch, runLength })
    // n.b. each aggregate has its turn: a batch goes on where the one before has ended, and then from the beginning
    const last = runs.length < aggregatesPerBatch ? '' : (runs.at(-1)?.aggregateId ?? '')
    if (runs.length === 0)
      return { last, nextInMs: after === '' ? await nextDueInMs(manager) : 0, isOutage: false }
    const grace = startGrace(stopping)
    const outcomes = (
      await Promise.all(
        runs.map(({ events }) => publishRun(transport, events, { stopping, graceOver: grace.over })),
      )
    ).flat()
    grace.cancel()
    const published = outcomes.filter(outcome => outcome.kind === 'published').map(({ id }) => id)
    const failed = outcomes.filter(outcome => outcome.kind === 'failed')
    await markPublished(manager, published)
    const failures = failed.map(({ failure }) => failure)
    await markFailed(manager, failures)
    report(failed, logger)
    // n.b. what is committed from now on wakes the relay; what was there is published, unless another relay has it
    const isDone =
      after === '' &&
      runs.length < aggregatesPerBatch &&
      runs.every(({ events }) => events.length < runLength) &&
      published.length === runs.flatMap(({ events }) => events).length
    const nextInMs = isDone ? await nextDueInMs(manager) : 0
    return { last, nextInMs, isOutage: outcomes.length > 0 && outcomes.every(isOutage) }
  })

/** Publishes an aggregate's events one after the other, up to the first that has to wait. */
const publishRun = async (
  transport: Transport,
  run: readonly PendingEvent[],
  { stopping, graceOver }: { readonly stopping: AbortSignal; readonly graceOver: Promise<'abandoned'> },
): Promise<readonly Publication[]> => {
  const endsAtMs = performance.now() + runBudgetMs
  const outcomes: Publication[] = []
  for (const event of run) {
    const outcome = await publish(transport, event, graceOver)
    outcomes.push(outcome)
    const mayPass = outcome.kind === 'published' || (outcome.kind === 'failed' && isGivenUp(outcome))
    if (!mayPass || stopping.aborted || performance.now() > endsAtMs) break
  }
  return outcomes
}

type Publication =
  | { readonly kind: 'published'; readonly id: number }
  | { readonly kind: 'abandoned' }
  | Failed

type Failed = {
  readonly kind: 'failed'
  readonly failure: PublicationFailure
  readonly isUnderWay: boolean
  readonly isOutage: boolean
}

const isOutage = (outcome: Publication): boolean => outcome.kind === 'failed' && outcome.isOutage

const isGivenUp = ({ failure }: Failed): boolean => failure.givenUp.length > 0

const publish = async (
  transport: Transport,
  { id, attempts, envelope, replayTo }: PendingEvent,
  graceOver: Promise<'abandoned'>,
): Promise<Publication> => {
  try {
    const event = anyEnvelope.parse(envelope)
    const sending = { attempt: attempts + 1, isReplay: replayTo !== null }
    const published = inSendSpan(event, sending, () => transport.publish(event, replayTo ?? undefined)).then(
      () => 'published' as const,
    )
    return { kind: await Promise.race([published, graceOver]), id }
  } catch (error) {
    const failure = {
      id,
      error: messageOf(error),
      retryAfterMs: retryAfterMs(error, attempts),
      givenUp: error instanceof DeadLettered ? error.givenUp : [],
    }
    return {
      kind: 'failed',
      failure,
      isUnderWay: error instanceof StillBeingHandled,
      isOutage: error instanceof TransportUnavailable,
    }
  }
}

const report = (failed: readonly Failed[], logger: MessagingLogger) => {
  const failures = failed.filter(({ isUnderWay }) => !isUnderWay)
  for (const { failure } of failures.filter(isGivenUp)) {
    logger.error(
      { outboxId: failure.id, error: failure.error },
      'event given up on; it is parked in the outbox',
    )
  }
  const [first, ...others] = failures.filter(failed => !isGivenUp(failed))
  if (first !== undefined)
    logger.warn({ events: 1 + others.length, error: first.failure.error }, 'events not published yet')
}

/** `over` resolves 3 s after the stop began; `cancel` ends the wait for it. */
const startGrace = (stopping: AbortSignal) => {
  const { promise, resolve } = Promise.withResolvers<'abandoned'>()
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    timer = setTimeout(() => resolve('abandoned'), stopGraceMs)
  }
  if (stopping.aborted) begin()
  else stopping.addEventListener('abort', begin, { once: true })
  return {
    over: promise,
    cancel: () => {
      stopping.removeEventListener('abort', begin)
      clearTimeout(timer)
    },
  }
}

const retryAfterMs = (error: unknown, failedBefore: number): number =>
  error instanceof RetryLater
    ? error.retryAfterMs
    : Math.min(firstRetryMs * 2 ** Math.min(failedBefore, 10), longestRetryMs)
