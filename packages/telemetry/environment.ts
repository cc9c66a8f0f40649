import {
  EnvironmentError,
  flag,
  parseEnvironment,
  processVariables,
  url,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { z } from 'zod'

const endpoint = url(['http', 'https'], 'http://127.0.0.1:4318').optional()
const protocol = z
  .enum(['http/protobuf', 'http/json'], { error: 'put http/protobuf or http/json there' })
  .optional()
const exporter = z.enum(['otlp', 'none'], { error: 'put otlp or none there' }).default('otlp')
const compression = z.enum(['none', 'gzip'], { error: 'put none or gzip there' }).optional()

const integer = (min: number, error: string) => z.coerce.number({ error }).int({ error }).min(min, { error })
const timeout = integer(1, 'put milliseconds there, such as 10000').optional()

/** `key=value,key=value`, in which what is no letter may be percent-encoded. */
const pairs = (hint: string) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return Object.fromEntries(text.split(',').filter(isWritten).map(readPair))
      } catch {
        context.addIssue({ code: 'custom', message: hint })
        return z.NEVER
      }
    })
    .optional()

const isWritten = (text: string): boolean => text.trim() !== ''

const readPair = (text: string): readonly [key: string, value: string] => {
  const [key = '', value, ...others] = text.split('=')
  if (key.trim() === '' || value === undefined || others.length > 0) throw new Error('not a pair')
  return [decodeURIComponent(key.trim()), decodeURIComponent(value.trim())]
}

const headers = pairs(
  'put headers there, such as api-key=secret, with % before hexadecimal digits for = and ,',
)

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
const ratioHint = 'put the share of the traces there, from 0 to 1, such as 0.1'

/** The settings of traces and logs, by OpenTelemetry's names and with its meanings; only TRACE_SLOW_MS is the house's own. */
export const telemetryVariables = {
  OTEL_SDK_DISABLED: flag.default(false).describe('whether no traces and no logs are sent'),
  OTEL_SERVICE_NAME: z
    .string()
    .optional()
    .describe('the name of the service in traces and logs; its own unless it is set'),
  OTEL_RESOURCE_ATTRIBUTES: pairs(
    'put attributes there, such as team=shop,region=eu, with %2C for a comma',
  ).describe('further attributes of the process in traces and logs'),
  OTEL_TRACES_EXPORTER: exporter.describe('`otlp` or `none`'),
  OTEL_LOGS_EXPORTER: exporter.describe('`otlp` or `none`'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.describe(
    'the receiver of [traces and logs](observability.md); without one, nothing is sent',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.describe('the receiver of traces, if it is another one'),
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: endpoint.describe('the receiver of logs, if it is another one'),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol.describe('`http/protobuf`, as without it, or `http/json`'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol.describe('`http/protobuf` or `http/json`, for traces alone'),
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: protocol.describe('`http/protobuf` or `http/json`, for logs alone'),
  OTEL_EXPORTER_OTLP_HEADERS: headers.meta({
    description: 'headers for the receiver, such as its key',
    secret: true,
  }),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers.meta({ description: 'headers for traces alone', secret: true }),
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: headers.meta({ description: 'headers for logs alone', secret: true }),
  OTEL_EXPORTER_OTLP_TIMEOUT: timeout.describe('milliseconds that the receiver may take'),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: timeout.describe(
    'milliseconds that the receiver may take, for traces alone',
  ),
  OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: timeout.describe(
    'milliseconds that the receiver may take, for logs alone',
  ),
  OTEL_EXPORTER_OTLP_COMPRESSION: compression.describe('`gzip` or `none`'),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression.describe('`gzip` or `none`, for traces alone'),
  OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: compression.describe('`gzip` or `none`, for logs alone'),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers, { error: `put one of these there: ${samplers.join(', ')}` })
    .default('parentbased_always_on')
    .describe('which traces are kept, such as `traceidratio`'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: ratioHint })
    .min(0, { error: ratioHint })
    .max(1, { error: ratioHint })
    .default(1)
    .describe('the share of the traces that such a sampler keeps, from 0 to 1'),
  OTEL_BSP_SCHEDULE_DELAY: integer(1, 'put milliseconds there, such as 1000')
    .default(1_000)
    .describe('milliseconds until spans are sent'),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: integer(1, 'put a number of spans there, such as 512')
    .default(512)
    .describe('spans that are sent together at most'),
  OTEL_BSP_MAX_QUEUE_SIZE: integer(1, 'put a number of spans there, such as 8192')
    .default(8_192)
    .describe('spans that wait at most'),
  TRACE_SLOW_MS: integer(1, 'put the milliseconds there from which on a trace is kept, such as 1000')
    .default(1_000)
    .describe('milliseconds from which on a trace is kept whatever the sampler says'),
}

const variables = z.object({ ...telemetryVariables, NODE_ENV: processVariables.NODE_ENV })

/** The settings of tracing, checked. */
export type TelemetrySettings = z.output<typeof variables>

/** Reads the settings of tracing; throws one EnvironmentError that names every mistake. */
export const readTelemetrySettings = (process: string, source: Variables): TelemetrySettings => {
  const settings = parseEnvironment(process, variables, source)
  if (settings.OTEL_BSP_MAX_EXPORT_BATCH_SIZE > settings.OTEL_BSP_MAX_QUEUE_SIZE)
    throw new EnvironmentError(process, [
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE is not usable: put a number there that is not above OTEL_BSP_MAX_QUEUE_SIZE',
    ])
  return settings
}

/** How traces or logs are sent. */
export const protocolOf = (
  signal: 'TRACES' | 'LOGS',
  settings: TelemetrySettings,
): 'http/protobuf' | 'http/json' =>
  settings[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] ?? settings.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf'

/** Where traces or logs are sent: to the endpoint for them as it stands, or below the one for everything; undefined: nowhere. */
export const endpointOf = (signal: 'TRACES' | 'LOGS', settings: TelemetrySettings): string | undefined => {
  const all = settings.OTEL_EXPORTER_OTLP_ENDPOINT
  const own = settings[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]
  if (settings.OTEL_SDK_DISABLED || settings[`OTEL_${signal}_EXPORTER`] === 'none') return undefined
  return own ?? (all && `${all.replace(/\/$/, '')}/v1/${signal.toLowerCase()}`)
}
