import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { endpointOf, readTelemetrySettings, type TelemetrySettings } from './environment.ts'
import { createPipeline, type Pipeline, type TakeSpans } from './pipeline.ts'
import { setRecording } from './recording.ts'
import { createResourceTexts } from './resource.ts'
import { createExporter, createIsSampled, type TelemetryLogger } from './sdk.ts'
import type { Recording } from './span.ts'

type SetUp = {
  readonly pipeline: Pipeline
  readonly recording: Recording
  readonly isDisabled: boolean
}

const takers = new Set<TakeSpans>()

const setUpBy = (settings: TelemetrySettings): SetUp => {
  const pipeline = createPipeline({
    takers,
    batchSize: settings.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    maxWaiting: settings.OTEL_BSP_MAX_QUEUE_SIZE,
    everyMs: settings.OTEL_BSP_SCHEDULE_DELAY,
    resourceTextOf: createResourceTexts(settings),
  })
  const isSampled = createIsSampled(settings)
  const recording = { isSampled, slowMs: settings.TRACE_SLOW_MS, keep: pipeline.keep }
  return { pipeline, recording, isDisabled: settings.OTEL_SDK_DISABLED }
}

let setUp = setUpBy(readTelemetrySettings('tracing', {}))

const apply = (): void => {
  const { recording, isDisabled } = setUp
  setRecording(takers.size === 0 || isDisabled ? undefined : recording)
}

/** Hands all spans of this process to `take` as well, in batches, until it is stopped; spans are recorded as long as one takes them. */
export const addTaker = (take: TakeSpans): Running => {
  takers.add(take)
  apply()
  return {
    stop: async () => {
      setUp.pipeline.flush()
      takers.delete(take)
      apply()
    },
  }
}

/** Records spans as the settings say, and sends them to the endpoint if they name one; `stop` sends what is left, for 2 s at most. */
export const startTelemetry = (settings: TelemetrySettings, logger: TelemetryLogger): Running => {
  const before = setUp
  setUp = setUpBy(settings)
  const endpoint = endpointOf(settings)
  const exporter = endpoint === undefined ? undefined : createExporter(endpoint, settings, logger)
  const taking = exporter && addTaker(exporter.take)
  apply()
  return {
    stop: async () => {
      await taking?.stop()
      await exporter?.stop()
      setUp = before
      apply()
    },
  }
}
