import { createLogger } from '@supergraph/runtime/logger.ts'
import { readTelemetrySettings } from '@supergraph/telemetry/environment.ts'
import { startTelemetry } from '@supergraph/telemetry/telemetry.ts'
import { startMeasuredGateway } from '../measured-gateway.ts'
import { forEachGraph, runContender } from './contender.ts'

startTelemetry(readTelemetrySettings('gateway', process.env), createLogger('gateway', 'warn'))
await runContender(settings =>
  forEachGraph(settings, supergraphSdl => startMeasuredGateway(supergraphSdl, settings)),
)
