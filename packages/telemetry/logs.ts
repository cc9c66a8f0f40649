import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { addLogTaker } from '@supergraph/runtime/logger.ts'
import { untraced } from '@supergraph/runtime/trace-context.ts'
import { attributesOf, writeAttributes, writeValue } from './attributes.ts'
import { lostLines } from './lost.ts'
import { writeBody } from './otlp-writer.ts'
import { ProtobufWriter, tagOf } from './protobuf-writer.ts'

/** What takes log lines: the body of an OTLP request, which is protobuf, and how many are in it. */
export type TakeLogs = (body: Buffer, lines: number) => void

const maxWaiting = 4_096
const maxPerRequest = 512
const everyMs = 1_000

/**
 * Hands all lines of this process's logs over as OTLP requests, about once a second, until it is stopped. What comes while
 * 4,096 lines wait, or what `take` throws on, is dropped: the log itself has it.
 */
export const takeLogs = (
  take: TakeLogs,
  { resourceOf }: { readonly resourceOf: (service: string) => Uint8Array },
): Running => {
  const waiting: string[] = []
  let timer: NodeJS.Timeout | undefined

  const handOver = (): void => {
    const batch = waiting.splice(0, maxPerRequest)
    try {
      take(logsBody(batch, resourceOf), batch.length)
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

/** Writes lines of logs as the body of an OTLP request. */
const logsBody = (lines: readonly string[], resourceOf: (service: string) => Uint8Array): Buffer => {
  const records = new Map<string, ProtobufWriter>()
  for (const line of lines) {
    const fields: unknown = JSON.parse(line)
    if (!isJsonObject(fields)) continue
    const { service = 'unknown', ...rest } = fields
    const own = records.get(String(service)) ?? new ProtobufWriter()
    writeRecord(own, rest)
    records.set(String(service), own)
  }
  return writeBody(records, resourceOf)
}

// n.b. the numbers of the fields are those of opentelemetry-proto 1.x
const recordTag = tagOf(2, 'bytes')
const timeTag = tagOf(1, 'fixed64')
const severityNumberTag = tagOf(2, 'varint')
const severityTextTag = tagOf(3, 'bytes')
const bodyTag = tagOf(5, 'bytes')
const traceIdTag = tagOf(9, 'bytes')
const spanIdTag = tagOf(10, 'bytes')

const writeRecord = (
  writer: ProtobufWriter,
  { level, time, msg, traceId, spanId, err, ...fields }: Record<string, unknown>,
): void => {
  const { number, text } = severities[String(level)] ?? unspecified
  const record = writer.open(recordTag)
  writer.nanos(timeTag, Number(time) || Date.now())
  writer.varint(severityNumberTag, number)
  writer.text(severityTextTag, text)
  const body = writer.open(bodyTag)
  writeValue(writer, typeof msg === 'string' ? msg : '')
  writer.close(body)
  writeAttributes(writer, attributesOf.logRecord, { ...exceptionIn(err), ...textsOf(fields) })
  if (isHex(traceId, 32)) writer.hex(traceIdTag, traceId)
  if (isHex(spanId, 16)) writer.hex(spanIdTag, spanId)
  writer.close(record)
}

/** n.b. a line may call anything a `traceId`. */
const isHex = (id: unknown, digits: number): id is string =>
  typeof id === 'string' && id.length === digits && /^[0-9a-f]*$/.test(id)

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
