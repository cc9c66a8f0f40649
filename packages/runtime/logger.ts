import { type Logger, pino } from 'pino'

export type { Logger }

/** A structured logger for one process: JSON lines on stderr, readable ones where stderr is a terminal. */
export const createLogger = (service: string, level: string): Logger => {
  const pretty = process.stderr.isTTY
  return pretty
    ? pino(
        { level, base: { service } },
        pino.transport({
          target: 'pino-pretty',
          options: { destination: 2, ignore: 'pid,hostname,service', messageFormat: '[{service}] {msg}' },
        }),
      )
    : pino({ level, base: { service } }, pino.destination(2))
}
