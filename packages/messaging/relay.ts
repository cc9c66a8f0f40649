import { listen } from '@supergraph/postgres/listen.ts'
import type { DataSource } from 'typeorm'
import {
  markFailed,
  markPublished,
  nextDueInMs,
  outboxChannel,
  type PendingEvent,
  type PublicationFailure,
  takeHeads,
} from './outbox.ts'
import { pruneOutbox, startPruning } from './prune.ts'
import {
  DeadLettered,
  type MessagingLogger,
  RetryLater,
  StillBeingHandled,
  type Transport,
} from './transport.ts'
import { createWakeUp } from './wake-up.ts'

/** What a relay needs; `databaseUrl` is that of `dataSource`, for a LISTEN connection of its own. */
export type RelayOptions = {
  readonly dataSource: DataSource
  readonly databaseUrl: string
  readonly transport: Transport
  readonly logger: MessagingLogger
  readonly pollMs?: number
}

const batchSize = 200
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

// n.b. the rows stay locked while their events travel. Killed anywhere in between, the transaction rolls back and the
// events travel again: a second delivery, which the consumers' inbox absorbs.
const publishBatch = (
  { dataSource, transport, logger }: RelayOptions,
  stopping: AbortSignal,
): Promise<{ readonly taken: number; readonly nextDueInMs: number | undefined }> =>
  dataSource.transaction(async manager => {
    const heads = await takeHeads(manager, batchSize)
    if (heads.length === 0) return { taken: 0, nextDueInMs: await nextDueInMs(manager) }
    const grace = startGrace(stopping)
    const outcomes = await Promise.all(heads.map(head => publish(transport, head, grace.over)))
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
    return { taken: heads.length, nextDueInMs: undefined }
  })

type Publication =
  | { readonly kind: 'published'; readonly id: string }
  | { readonly kind: 'abandoned' }
  | Failed

type Failed = { readonly kind: 'failed'; readonly failure: PublicationFailure; readonly isUnderWay: boolean }

const publish = async (
  transport: Transport,
  head: PendingEvent,
  graceOver: Promise<'abandoned'>,
): Promise<Publication> => {
  try {
    const published = transport.publish(head.envelope).then(() => 'published' as const)
    return { kind: await Promise.race([published, graceOver]), id: head.id }
  } catch (error) {
    const failure = {
      id: head.id,
      error: error instanceof Error ? error.message : String(error),
      retryAfterMs: retryAfterMs(error, head.attempts),
      dead: error instanceof DeadLettered,
    }
    return { kind: 'failed', failure, isUnderWay: error instanceof StillBeingHandled }
  }
}

const report = (failed: readonly Failed[], logger: MessagingLogger) => {
  const failures = failed.flatMap(({ failure, isUnderWay }) => (isUnderWay ? [] : [failure]))
  for (const { id, error } of failures.filter(failure => failure.dead)) {
    logger.error({ outboxId: id, error }, 'event given up on; it is parked in the outbox')
  }
  const waiting = failures.filter(failure => !failure.dead)
  const [first] = waiting
  if (first) logger.warn({ events: waiting.length, error: first.error }, 'events not published yet')
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
