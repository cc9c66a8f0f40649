import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { LogsData, TracesData } from './otlp.ts'
import { readLogsData, readTracesData } from './otlp-reader.ts'
import { addLogsTaker, addTaker } from './telemetry.ts'

/**
 * Hands the spans of this process over, as an OTLP request would, until it is stopped: about once a second, or as soon as
 * there are 512 of them, outside of any trace; `bytes` is what they take as protobuf. What the sink throws is lost.
 */
export const addSpanSink = (sink: (traces: TracesData, bytes: number) => void): Running =>
  addTaker(body => sink(readTracesData(body), body.length))

/** Hands the lines of all logs of this process over, as an OTLP request would, about once a second, until it is stopped. */
export const addLogSink = (sink: (logs: LogsData) => void): Running =>
  addLogsTaker(body => sink(readLogsData(body)))
