import { defineReading } from '@supergraph/metrics/metrics.ts'

/** How many sockets clients have open. */
export const openSockets = defineReading({
  kind: 'level',
  name: 'supergraph_sockets_open',
  help: 'WebSockets of clients that are open.',
  labels: [],
})
