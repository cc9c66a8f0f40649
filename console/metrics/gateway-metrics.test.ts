import { defineReading, defineSeconds } from '@supergraph/metrics/metrics.ts'
import { expect, it } from 'vitest'
import { createReadGatewayMetrics } from './gateway-metrics.ts'

const [sockets, ages] = ['supergraph_test_gateway_sockets', 'supergraph_test_gateway_ages'] as const
const open = defineReading({ kind: 'level', name: sockets, help: 'Sockets of a test.', labels: [] })
const measured = defineSeconds({ name: ages, help: 'Ages of a test.', labels: [] })

it('reads a gateway in its own process while it runs, and not what it measured before it stopped', async () => {
  const read = createReadGatewayMetrics(undefined, [sockets, ages, 'supergraph_test_unknown'], sockets)
  expect(await read()).toEqual({ trouble: expect.stringContaining('GATEWAY_METRICS_URL') })
  const running = open.from(() => [[{}, 0]])
  measured.of({}).observe(0.2)
  const metrics = await read()
  expect(metrics).toMatchObject({ processes: 1 })
  expect('samples' in metrics && metrics.samples).toContainEqual({
    name: `${ages}_sum`,
    labels: {},
    value: 0.2,
  })
  await running.stop()
  expect(await read()).toEqual({ trouble: expect.stringContaining('GATEWAY_METRICS_URL') })
})
