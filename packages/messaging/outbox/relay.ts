import { listen } from '@supergraph/postgres/listen.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { createWakeUp } from '@supergraph/runtime/wake-up.ts'
import type { DataSource } from 'typeorm'
import {
  DeadLettered,
  type MessagingLogger,
  RetryLater,
  StillBeingHandled,
  type Transport,
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
import { pruneOutbox, startPruning } from './prune.ts'

/** What a relay needs; `databaseUrl` is that of `dataSource`, for a LISTEN connection of its own. */
export type RelayOptions = {
  readonly dataSource: DataSource
  readonly databaseUrl: string
  readonly transport: Transport
  readonly logger: MessagingLogger
  readonly pollMs?: number
}

const aggregatesPerBatch = 200
const runLength = 20
// n.b. a batch ends with its slowest run: a run with slow handlers is short, and goes on in the next batch
const runBudgetMs = 200
const firstRetryMs = 500
const longestRetryMs = 30_000
const stopGraceMs = 3_000

/**
 * Publishes what the outbox holds, in order per aggregate and at least once, woken by each commit. Several may run on
 * one outbox. `stop` finishes the batch in flight, but waits at most 3 s for a transport that does not answer: the
 * events then stay in the outbox.
 */
export const startRelay = async (options: RelayOptions): Promise<{ stop(): Promise<void> }> => {
  const { dataSource, logger, pollMs = 5_000 } = options
  const wakeUp = createWakeUp()
  const stopping = new AbortController()
  const listener = await listen({
    url: options.databaseUrl,
    channel: outboxChannel,
    onNotification: wakeUp.wake,
    onReconnect: wakeUp.wake,
  })
  const pruning = startPruning(() => pruneOutbox(dataSource), logger)

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        const batch = await publishBatch(options, stopping.signal)
        if (batch.taken > 0) continue
        await wakeUp.wait(Math.min(batch.nextDueInMs ?? pollMs, pollMs))
      } catch (error) {
        logger.error({ err: error }, 'the outbox could not be read; trying again')
        await wakeUp.wait(Math.min(1_000, pollMs))
      }
    }
  }
  const running = run()

  return {
    stop: async () => {
      stopping.abort()
      wakeUp.wake()
      await listener.stop()
      await running
      await pruning.stop()
    },
  }
}

// n.b. the heads stay locked while their aggregates' events travel. Killed anywhere in between, the transaction rolls
// back and the events travel again: a second delivery, which the consumers' inbox absorbs.
const publishBatch = (
  { dataSource, transport, logger }: RelayOptions,
  stopping: AbortSignal,
): Promise<{ readonly taken: number; readonly nextDueInMs: number | undefined }> =>
  dataSource.transaction(async manager => {
    const runs = await takeRuns(manager, { aggregates: aggregatesPerBatch, runLength })
    if (runs.length === 0) return { taken: 0, nextDueInMs: await nextDueInMs(manager) }
    const grace = startGrace(stopping)
    const outcomes = (
      await Promise.all(runs.map(run => publishRun(transport, run, { stopping, graceOver: grace.over })))
    ).flat()
    grace.cancel()
    const failed = outcomes.filter(outcome => outcome.kind === 'failed')
    await markPublished(
      manager,
      outcomes.flatMap(outcome => (outcome.kind === 'published' ? [outcome.id] : [])),
    )
    await markFailed(
      manager,
      failed.map(({ failure }) => failure),
    )
    report(failed, logger)
    return { taken: outcomes.length, nextDueInMs: undefined }
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
  | { readonly kind: 'published'; readonly id: string }
  | { readonly kind: 'abandoned' }
  | Failed

type Failed = { readonly kind: 'failed'; readonly failure: PublicationFailure; readonly isUnderWay: boolean }

const isGivenUp = ({ failure }: Failed): boolean => failure.givenUp.length > 0

const publish = async (
  transport: Transport,
  { id, attempts, envelope, replayTo }: PendingEvent,
  graceOver: Promise<'abandoned'>,
): Promise<Publication> => {
  try {
    const published = transport.publish(envelope, replayTo ?? undefined).then(() => 'published' as const)
    return { kind: await Promise.race([published, graceOver]), id }
  } catch (error) {
    const failure = {
      id,
      error: messageOf(error),
      retryAfterMs: retryAfterMs(error, attempts),
      givenUp: error instanceof DeadLettered ? error.givenUp : [],
    }
    return { kind: 'failed', failure, isUnderWay: error instanceof StillBeingHandled }
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

// resolves `stopGraceMs` after the stop began
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
