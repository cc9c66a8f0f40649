import { type Logger, pino } from 'pino'

export type { Logger }

/** A structured logger for one process: JSON lines on stderr, readable ones if stderr is a terminal. */
export const createLogger = (service: string, level: string): Logger => {
  const pretty = process.stderr.isTTY
  const options = { level, serializers: { err: withoutData } }
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

/** An error for the log without what was being stored: TypeORM's errors carry a statement's values, hashes among them. */
export const withoutData = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const { parameters: _, driverError: __, raw: ___, ...serialized } = pino.stdSerializers.err(error)
  return serialized
}
