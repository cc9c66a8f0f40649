import { expect, it } from 'vitest'
import { createReadGatewayMetrics } from './gateway-metrics.ts'

it('names the setting that leads to a gateway in another process', async () => {
  // n.b. a process that is shared with tests of the gateway may have its metrics
  const read = createReadGatewayMetrics(undefined, ['a_metric_of_no_gateway'])
  expect(await read()).toEqual({ trouble: expect.stringContaining('GATEWAY_METRICS_URL') })
})
