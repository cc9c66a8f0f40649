import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { endpointOf, readTelemetrySettings, type TelemetrySettings } from './environment.ts'
import { type TakeLogs, takeLogs } from './logs.ts'
import { createPipeline, type Pipeline, type TakeSpans } from './pipeline.ts'
import { setRecording } from './recording.ts'
import { createResources } from './resource.ts'
import { createExporter, createIsSampled, type Signal, type TelemetryLogger } from './sdk.ts'
import type { Recording } from './span.ts'

type SetUp = {
  readonly resourceOf: (service: string) => Uint8Array
  readonly pipeline: Pipeline
  readonly recording: Recording
  readonly isDisabled: boolean
}

const takers = new Set<TakeSpans>()

const setUpBy = (settings: TelemetrySettings): SetUp => {
  const resourceOf = createResources(settings)
  const pipeline = createPipeline({
    takers,
    batchSize: settings.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    maxWaiting: settings.OTEL_BSP_MAX_QUEUE_SIZE,
    everyMs: settings.OTEL_BSP_SCHEDULE_DELAY,
    resourceOf,
  })
  const isSampled = createIsSampled(settings)
  const recording = { isSampled, slowMs: settings.TRACE_SLOW_MS, keep: pipeline.keep }
  return { resourceOf, pipeline, recording, isDisabled: settings.OTEL_SDK_DISABLED }
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

/** Hands all lines of this process's logs to `take` as well, in batches, until it is stopped. */
export const addLogsTaker = (take: TakeLogs): Running =>
  takeLogs(take, { resourceOf: service => setUp.resourceOf(service) })

/**
 * Records spans as the settings say, and sends them, and the lines of the log, to the endpoint if they name one; `stop` sends
 * what is left, for 2 s at most.
 */
export const startTelemetry = (settings: TelemetrySettings, logger: TelemetryLogger): Running => {
  const before = setUp
  setUp = setUpBy(settings)
  const exporterOf = (signal: Signal) => {
    const endpoint = endpointOf(signal, settings)
    return endpoint === undefined ? undefined : createExporter(signal, endpoint, settings, logger)
  }
  const [traces, logs] = [exporterOf('TRACES'), exporterOf('LOGS')]
  const [takingTraces, takingLogs] = [traces && addTaker(traces.take), logs && addLogsTaker(logs.take)]
  apply()
  const telling = tellDropped(setUp.pipeline, logger)
  return {
    stop: async () => {
      await Promise.all([takingTraces?.stop(), takingLogs?.stop()])
      await Promise.all([traces?.stop(), logs?.stop()])
      await telling.stop()
      setUp = before
      apply()
    },
  }
}

const tellEveryMs = 60_000

/** Tells the log once a minute how many spans were dropped, since more came than were taken, or what took them threw. */
const tellDropped = ({ dropped }: Pipeline, logger: TelemetryLogger): Running => {
  let told = 0
  const tell = (): void => {
    const spans = dropped() - told
    if (spans > 0) logger.warn({ spans }, 'spans were dropped: more came than could be taken')
    told += spans
  }
  const timer = setInterval(tell, tellEveryMs).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      tell()
    },
  }
}
