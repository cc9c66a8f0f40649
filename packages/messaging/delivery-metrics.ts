import { defineNumber, defineSeconds } from '@supergraph/metrics/metrics.ts'
import { z } from 'zod'

const deliveries = defineNumber({
  kind: 'count',
  name: 'supergraph_deliveries_total',
  help: 'Deliveries of events to a queue’s consumer; outcome is ack, retry, postpone or deadLetter.',
  labels: ['queue', 'outcome'],
})

const eventAgeSeconds = defineSeconds({
  name: 'supergraph_event_age_seconds',
  help: 'Age of an event when its consumer has handled it, from the time in the event.',
  labels: ['queue'],
})

const timed = z.object({ time: z.string() })

/** Counts a delivery that has ended. */
export const countDelivery = (queue: string, outcome: string, body: unknown): void => {
  deliveries.of({ queue, outcome }).value += 1
  if (outcome !== 'ack') return
  const { data } = timed.safeParse(body)
  const ageMs = Date.now() - Date.parse(data?.time ?? '')
  if (Number.isFinite(ageMs)) eventAgeSeconds.of({ queue }).observe(Math.max(0, ageMs) / 1_000)
}
