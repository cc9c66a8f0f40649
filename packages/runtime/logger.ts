import { type Logger, pino } from 'pino'
import type { Running } from './lifecycle.ts'
import { currentSpan, currentTraceId } from './trace-context.ts'

export type { Logger }

/** A structured logger for one process: JSON lines on stderr, readable ones if stderr is a terminal. */
export const createLogger = (service: string, level: string): Logger => {
  const pretty = process.stderr.isTTY
  const options = {
    level,
    serializers: { err: withoutData },
    mixin: traceUnderWay,
    hooks: { streamWrite: giveToTakers },
  }
  return pretty
    ? pino(
        { ...options, base: { service } },
        pino.transport({
          target: 'pino-pretty',
          options: { destination: 2, ignore: 'pid,hostname,service', messageFormat: '[{service}] {msg}' },
        }),
      )
    : pino({ ...options, base: { service } }, pino.destination(2))
}

const takers = new Set<(line: string) => void>()

/** Gives each line of all logs of this process to `take` as well, as JSON text, until it is stopped; `take` never throws. */
export const addLogTaker = (take: (line: string) => void): Running => {
  takers.add(take)
  return {
    stop: async () => {
      takers.delete(take)
    },
  }
}

const giveToTakers = (line: string): string => {
  for (const take of takers) take(line)
  return line
}

/** What a line says of the trace that it is written in. */
const traceUnderWay = (): object => {
  const traceId = currentTraceId()
  if (traceId === undefined) return {}
  const span = currentSpan()
  if (typeof span !== 'object') return { traceId }
  const { spanId, operation } = span
  return operation === undefined ? { traceId, spanId } : { traceId, spanId, operation }
}

/**
 * An error for the log without what was being stored: TypeORM's errors carry a statement's values, hashes among them, and
 * PostgreSQL's the row that a constraint has refused.
 */
export const withoutData = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const serialized = pino.stdSerializers.err(error)
  const { aggregateErrors } = serialized
  return {
    ...Object.fromEntries(Object.entries(serialized).filter(([key]) => !dataKeys.has(key))),
    ...(aggregateErrors &&
      error instanceof AggregateError && { aggregateErrors: error.errors.map(withoutData) }),
  }
}

const dataKeys: ReadonlySet<string> = new Set([
  ...['parameters', 'driverError', 'raw', 'detail', 'where', 'internalQuery', 'aggregateErrors'],
])
