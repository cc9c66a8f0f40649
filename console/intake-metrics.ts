import { defineReading } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { Intake } from './intake.ts'

const spans = defineReading({
  kind: 'count',
  name: 'supergraph_console_spans_total',
  help: 'Spans that came to the console; outcome is stored, left_out if many came and their trace was quick, or dropped if too many waited or the database refused them.',
  labels: ['outcome'],
})

const waitingSpans = defineReading({
  kind: 'level',
  name: 'supergraph_console_spans_waiting',
  help: 'Spans that wait to be stored by the console.',
  labels: [],
})

const traces = defineReading({
  kind: 'level',
  name: 'supergraph_console_traces',
  help: 'Traces that the console holds.',
  labels: [],
})

/** Reads what comes to the console, until stopped. */
export const watchIntake = ({ counts }: Pick<Intake, 'counts'>): Running => {
  const readings = [
    spans.from(() => {
      const { stored, leftOut, dropped } = counts()
      return [
        [{ outcome: 'stored' }, stored],
        [{ outcome: 'left_out' }, leftOut],
        [{ outcome: 'dropped' }, dropped],
      ]
    }),
    waitingSpans.from(() => [[{}, counts().waiting]]),
    traces.from(() => [[{}, counts().traces]]),
  ]
  return together(readings)
}
