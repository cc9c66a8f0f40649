import { parseEnvironment, port, type Variables } from '@supergraph/runtime/environment.ts'
import { failRequest, originOf, sendJson, startHttp } from '@supergraph/runtime/http.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { readTarget } from '@supergraph/runtime/request-target.ts'
import { collectDefaultMetrics } from 'prom-client'
import { z } from 'zod'
import { registry } from './metrics.ts'

/** The settings of a process's metrics: without a port they are not served. */
export const metricsVariables = {
  METRICS_PORT: port(9464)
    .optional()
    .describe(
      'where a process serves its [metrics](observability.md), at `/metrics`; without it, nothing is served',
    ),
  METRICS_HOST: z.string().default('127.0.0.1').describe('the address of `METRICS_PORT`'),
}

const variables = z.object(metricsVariables)

/** The settings of a process's metrics; throws one EnvironmentError that names every mistake. */
export const readMetricsSettings = (service: string, source: Variables) =>
  parseEnvironment(service, variables, source)

/**
 * Serves the metrics of this process at `/metrics`, in Prometheus's text format, on a port of their own; `url` is undefined,
 * and nothing is served, without a port.
 */
export const startMetrics = async (
  { METRICS_HOST: host, METRICS_PORT }: z.output<typeof variables>,
  logger: Logger,
): Promise<Running & { readonly url: string | undefined }> => {
  if (METRICS_PORT === undefined) return { url: undefined, stop: async () => {} }
  // n.b. what watches the event loop and the garbage collector can't be taken back
  if (registry.getSingleMetric('process_cpu_seconds_total') === undefined)
    collectDefaultMetrics({ register: registry })
  const http = await startHttp(
    (request, response) => {
      if (request.method !== 'GET') return sendJson(response, 405, { status: 'send GET' })
      if (readTarget(request).path !== '/metrics') return sendJson(response, 404, { status: 'not found' })
      registry.metrics().then(
        text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error: unknown) => failRequest(response, error, logger),
      )
    },
    { host, port: METRICS_PORT, portSetting: 'METRICS_PORT' },
  )
  const url = `${originOf(host, http.port)}/metrics`
  logger.info({ url }, 'metrics are served')
  return { url, stop: http.stop }
}
