import { metricsVariables, startMetrics } from '@supergraph/metrics/serve.ts'
import {
  brokerVariables,
  parseEnvironment,
  readBoth,
  type Variables,
} from '@supergraph/runtime/environment.ts'
import { faultVariables, followFaults } from '@supergraph/runtime/faults/follow.ts'
import { type Running, runProcess, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { readTelemetrySettings } from '@supergraph/telemetry/environment.ts'
import { startTelemetry } from '@supergraph/telemetry/telemetry.ts'
import { z } from 'zod'
import { withTransportFaults } from './faulty-transport.ts'
import { connectRabbitMq } from './rabbitmq/transport.ts'
import type { Transport } from './transport.ts'

/** The schema of what a process of a subgraph or the gateway is told beside its own settings. */
export const surroundings = z.object({ ...brokerVariables, ...metricsVariables, ...faultVariables })

/** A service's settings, the broker's, and those of metrics and faults; throws one EnvironmentError that names every mistake. */
export const readServiceSettings = <E>(
  service: string,
  readEnvironment: (source: Variables) => E,
  source: Variables = process.env,
) =>
  readBoth(
    service,
    () => readEnvironment(source),
    () => parseEnvironment(service, surroundings, source),
  )

/**
 * Runs a service as a process of its own, with its settings and the broker's from the environment. If it can't start,
 * prints why and exits with 1.
 */
export const runService = <E extends { readonly LOG_LEVEL: string }>(
  service: string,
  readEnvironment: (source: Variables) => E,
  start: (environment: E, transport: Transport) => Promise<Running>,
): Promise<void> =>
  runProcess(() =>
    startAll(async use => {
      const [environment, around] = readServiceSettings(service, readEnvironment)
      const { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace } = around
      const logger = createLogger(service, environment.LOG_LEVEL)
      use(startTelemetry(readTelemetrySettings(service, process.env), logger))
      use(await startMetrics(around, logger))
      use(await followFaults(service, around))
      const transport = withTransportFaults(use(await connectRabbitMq({ url, namespace, logger })))
      return use(await start(environment, transport))
    }),
  )
