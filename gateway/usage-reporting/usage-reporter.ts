import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { UseCounts, UseReport } from './use-counts.ts'

/** Where usage is reported. */
export type UsageAddress = {
  /** The registry's door for usage, such as `http://127.0.0.1:4008/usage`. */
  readonly url: string
  /** A graph and its variant, such as `shop@current`. */
  readonly ref: string
  readonly key: string
}

const compress = promisify(gzip)

const maxOperations = 500
const maxSignatures = 512 * 1024
const withinMs = 2_000
const maxAnswerBytes = 64 * 1024

/** The registry takes no report of this kind, however often it is sent. */
class ReportRefused extends Error {}

/**
 * Reports to a registry which operations clients run, every `everyMs` and when it is stopped. A report that fails is sent once
 * more, and then becomes part of the next one.
 */
export const startUsageReports = ({
  counts,
  address: { url, ref, key },
  everyMs,
  retryMs = 1_000,
  logger,
}: {
  readonly counts: Pick<UseCounts, 'take' | 'restore'>
  readonly address: UsageAddress
  readonly everyMs: number
  readonly retryMs?: number
  readonly logger: Logger
}): Running => {
  let isAway = false

  const send = async (report: UseReport, signal = AbortSignal.timeout(withinMs)): Promise<void> => {
    const response = await directFetch(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-api-key': key },
        body: await compress(JSON.stringify({ ref, ...report })),
        signal,
      },
      maxAnswerBytes,
    )
    if (response.ok) return
    const message = `the registry answers ${response.status}: ${await response.text()}`
    throw lasting.has(response.status) ? new ReportRefused(message) : new Error(message)
  }

  const sendTwice = async (part: UseReport, stopping: AbortSignal): Promise<void> => {
    try {
      await send(part)
    } catch (error) {
      if (error instanceof ReportRefused) throw error
      await setTimeout(retryMs, undefined, { signal: stopping })
      await send(part)
    }
  }

  const keepOrDrop = (part: UseReport, error: unknown): void => {
    const reason = messageOf(error)
    if (error instanceof ReportRefused) {
      logger.error({ reason }, 'a report of usage is refused, and what it counts is lost')
      return
    }
    counts.restore(part)
    if (!isAway)
      logger.warn({ reason }, 'usage can not be reported now: what was counted is part of the next report')
    isAway = true
  }

  /** Reports all that was counted; what can't be sent is counted again. */
  const report = async (sendPart: (part: UseReport) => Promise<void>): Promise<void> => {
    for (const part of inParts(counts.take())) {
      try {
        await sendPart(part)
        if (isAway) logger.info('usage is reported again')
        isAway = false
      } catch (error) {
        keepOrDrop(part, error)
      }
    }
  }

  const loop = startLoop({
    everyMs,
    work: stopping => report(part => sendTwice(part, stopping)),
    onError: error => logger.error({ err: error }, 'usage can not be reported'),
  })
  return {
    stop: async () => {
      await loop.stop()
      const signal = AbortSignal.timeout(withinMs)
      await report(part => send(part, signal))
    },
  }
}

// n.b. a key that is wrong now may be right later
const lasting: ReadonlySet<number> = new Set([400, 413, 415])

/** Parts of which each is small enough to be sent. */
const inParts = ({ operations, otherRequests }: UseReport): readonly UseReport[] => {
  const parts: { operations: UseReport['operations'][number][]; otherRequests: number }[] = []
  let length = Number.POSITIVE_INFINITY
  for (const operation of operations) {
    const size = operation.signature.length + operation.clients.length * bytesPerClient
    const last = parts.at(-1)
    if (last === undefined || last.operations.length >= maxOperations || length + size > maxSignatures) {
      parts.push({ operations: [operation], otherRequests: 0 })
      length = size
    } else {
      last.operations.push(operation)
      length += size
    }
  }
  const [first] = parts
  if (first !== undefined) first.otherRequests = otherRequests
  else if (otherRequests > 0) parts.push({ operations: [], otherRequests })
  return parts
}

const bytesPerClient = 100
