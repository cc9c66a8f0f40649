import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { type LogLine, logLevels } from './log-line.ts'
import { cut, idIn, listOf, microsecondsIn, objectsIn, readAttributes, serviceIn } from './otlp.ts'

const maxMessageLength = 1_024

/** The lines in the body of an OTLP export of logs as JSON; those without a time are left out. */
export const readLogs = (body: unknown): readonly LogLine[] =>
  objectsIn(body, 'resourceLogs').flatMap(({ resource, scopeLogs }) => {
    const service = serviceIn(resource)
    return listOf(scopeLogs)
      .flatMap(scope => objectsIn(scope, 'logRecords'))
      .flatMap(({ timeUnixNano, observedTimeUnixNano, ...record }) => {
        const atUs = microsecondsIn(timeUnixNano) ?? microsecondsIn(observedTimeUnixNano)
        if (atUs === undefined) return []
        const message = isJsonObject(record.body) ? cut(record.body.stringValue, maxMessageLength) : ''
        return {
          atUs,
          service,
          traceId: idIn(record.traceId, 32) ?? null,
          spanId: idIn(record.spanId, 16) ?? null,
          level: levelOf(Number(record.severityNumber)),
          message,
          fields: readAttributes(record.attributes),
        }
      })
  })

/** By OpenTelemetry's numbers, of which each level has four. */
const levelOf = (severity: number): LogLine['level'] => logLevels[Math.floor((severity - 1) / 4)] ?? 'info'
