import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { addLogTaker } from '@supergraph/runtime/logger.ts'
import { untraced } from '@supergraph/runtime/trace-context.ts'
import { fixAttributes } from './attributes.ts'
import { lostLines } from './lost.ts'

/** What takes log lines: the body of an OTLP request, and how many are in it. */
export type TakeLogs = (text: string, lines: number) => void

const maxWaiting = 4_096
const maxPerRequest = 512
const everyMs = 1_000

/**
 * Hands all lines of this process's logs over as OTLP requests, about once a second, until it is stopped. What comes while
 * 4,096 lines wait, or what `take` throws on, is dropped: the log itself has it.
 */
export const takeLogs = (
  take: TakeLogs,
  { resourceTextOf }: { readonly resourceTextOf: (service: string) => string },
): Running => {
  const waiting: string[] = []
  let timer: NodeJS.Timeout | undefined

  const handOver = (): void => {
    const batch = waiting.splice(0, maxPerRequest)
    try {
      take(otlpLogsText(batch, resourceTextOf), batch.length)
    } catch {
      lostLines.value += batch.length
    }
  }
  /** n.b. not all at once: thousands of lines would hold up everything else. */
  const flush = (): void => {
    handOver()
    timer = waiting.length === 0 ? undefined : setTimeout(flush, 0).unref()
  }
  const taking = addLogTaker(line => {
    if (waiting.length === maxWaiting) {
      lostLines.value += 1
      return
    }
    waiting.push(line)
    timer ??= untraced(() => setTimeout(flush, everyMs).unref())
  })
  return {
    stop: async () => {
      await taking.stop()
      clearTimeout(timer)
      while (waiting.length > 0) untraced(handOver)
    },
  }
}

/** Writes lines of logs as the body of an OTLP request, which is JSON text. */
const otlpLogsText = (lines: readonly string[], resourceTextOf: (service: string) => string): string => {
  const records = new Map<string, string[]>()
  for (const line of lines) {
    const fields: unknown = JSON.parse(line)
    if (!isJsonObject(fields)) continue
    const { service = 'unknown', ...rest } = fields
    const own = records.get(String(service)) ?? []
    own.push(recordText(rest))
    records.set(String(service), own)
  }
  const resources = [...records].map(
    ([service, own]) =>
      `{"resource":{"attributes":[${resourceTextOf(service)}]},"scopeLogs":[{"scope":{"name":"@supergraph/telemetry"},"logRecords":[${own.join(',')}]}]}`,
  )
  return `{"resourceLogs":[${resources.join(',')}]}`
}

const recordText = ({
  level,
  time,
  msg,
  traceId,
  spanId,
  err,
  ...fields
}: Record<string, unknown>): string => {
  const attributes = fixAttributes({ ...exceptionIn(err), ...textsOf(fields) }).text.slice(1)
  const { number, text } = severities[String(level)] ?? unspecified
  const ids = [['traceId', traceId] as const, ['spanId', spanId] as const]
  const known = ids.map(([name, id]) => (typeof id === 'string' ? `,"${name}":${JSON.stringify(id)}` : ''))
  const body = JSON.stringify(typeof msg === 'string' ? msg : '')
  return `{"timeUnixNano":"${Number(time) || Date.now()}000000","severityNumber":${number},"severityText":"${text}","body":{"stringValue":${body}},"attributes":[${attributes}]${known.join('')}}`
}

type Severity = { readonly number: number; readonly text: string }

const unspecified: Severity = { number: 0, text: '' }

/** By pino's levels, with the numbers of OpenTelemetry. */
const severities: Readonly<Record<string, Severity>> = {
  10: { number: 1, text: 'TRACE' },
  20: { number: 5, text: 'DEBUG' },
  30: { number: 9, text: 'INFO' },
  40: { number: 13, text: 'WARN' },
  50: { number: 17, text: 'ERROR' },
  60: { number: 21, text: 'FATAL' },
}

const exceptionIn = (err: unknown): Readonly<Record<string, string>> => {
  if (!isJsonObject(err)) return {}
  const { type, message, stack } = err
  return textsOf({ 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack })
}

const textsOf = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  )
