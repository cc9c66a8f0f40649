import { once } from 'node:events'
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'

/** Events that were at most 0.1 s old, and those that were older, but at most 0.2 s. */
type SentEvents = { readonly quick: number; readonly slow: number }

/** Serves metrics as a gateway does that has sent these events, until the test ends; gives their address. */
export const serveGatewayMetrics = async (sent: () => SentEvents): Promise<string> => {
  const server = createServer((_, response) => response.end(metricsOf(sent())))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://localhost:${Object(server.address()).port}/metrics`
}

const of = 'operation="OrderUpdated",subgraph="notifications"'

const metricsOf = ({ quick, slow }: SentEvents): string => `supergraph_sockets_open 3
supergraph_subscriptions_open{operation="OrderUpdated"} 2
supergraph_subscription_events_total{operation="OrderUpdated"} ${quick + slow}
supergraph_subgraph_subscriptions_open{subgraph="notifications"} 1
supergraph_subscription_event_age_seconds_bucket{le="0.1",${of}} ${quick}
supergraph_subscription_event_age_seconds_bucket{le="0.2",${of}} ${quick + slow}
supergraph_subscription_event_age_seconds_bucket{le="+Inf",${of}} ${quick + slow}
supergraph_socket_closes_total{code="1006"} 4`
