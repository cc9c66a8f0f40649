import type { Logger } from '@supergraph/runtime/logger.ts'
import { withoutData } from '@supergraph/runtime/logger.ts'
import { pino } from 'pino'

/** Logs for rover, which shows of a line its message alone: what the line says of a reason stands there too. */
export const createRouterLog = (level: string): Logger =>
  pino(
    {
      level,
      base: undefined,
      serializers: { err: withoutData },
      formatters: { level: label => ({ level: label }) },
      hooks: { streamWrite: toRouterLine },
    },
    pino.destination(1),
  )

/** A line of our log as rover reads one of its router's. */
export const toRouterLine = (line: string): string => {
  const { level, msg, reason, err } = Object(JSON.parse(line))
  const why = reason ?? Object(err).message
  return `${routerLine(levels.get(level) ?? 'INFO', why === undefined ? msg : `${msg}: ${why}`)}\n`
}

/** A line as rover reads one of its router's; of those at the level INFO it shows those with "exposed at http". */
export const routerLine = (level: string, message: string): string => JSON.stringify({ level, message })

const levels = new Map([
  ['trace', 'TRACE'],
  ['debug', 'DEBUG'],
  ['info', 'INFO'],
  ['warn', 'WARN'],
  ['error', 'ERROR'],
  ['fatal', 'ERROR'],
])
