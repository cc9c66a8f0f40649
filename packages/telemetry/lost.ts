import { defineNumber } from '@supergraph/metrics/metrics.ts'

const lost = defineNumber({
  kind: 'count',
  name: 'supergraph_telemetry_lost_total',
  help: 'Spans and lines of the log that were dropped, since more came than could be taken, or could not be delivered.',
  labels: ['signal'],
})

/** How many spans, and how many lines of the log, were lost. */
export const lostSpans = lost.of({ signal: 'spans' })
export const lostLines = lost.of({ signal: 'lines' })
