import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { runInSpan } from '@supergraph/runtime/trace-context.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readTelemetrySettings } from './environment.ts'
import { readLogsData, readTracesData } from './otlp-reader.ts'
import { startTrace } from './spans.ts'
import { startTelemetry } from './telemetry.ts'

const start = { name: 'query', kind: 'server', service: 'shop' } as const

const read = (url: string | undefined, type: string | undefined, body: Buffer): unknown => {
  if (type === 'application/json') return JSON.parse(body.toString())
  return url === '/v1/logs' ? readLogsData(body) : readTracesData(body)
}

const startCollector = async (status = 200) => {
  const received: { url: string | undefined; key: unknown; body: unknown }[] = []
  const server = createServer(async (request, response) => {
    const { url, headers } = request
    received.push({
      url,
      key: headers['api-key'],
      body: read(url, headers['content-type'], await buffer(request)),
    })
    response.writeHead(status).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { received, url: `http://127.0.0.1:${address.port}` }
}

it.each([
  'http/protobuf',
  'http/json',
])('sends spans as %s to the endpoint with the headers, under the name and attributes that are set', async protocol => {
  const { received, url } = await startCollector()
  const settings = readTelemetrySettings('test', {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%3Dkey',
    OTEL_RESOURCE_ATTRIBUTES: 'team=shop',
    OTEL_SERVICE_NAME: 'renamed',
  })
  const telemetry = startTelemetry(settings, { warn: () => {} })
  startTrace(undefined, start)?.end()
  await telemetry.stop()
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({ url: '/v1/traces', key: 'a=key' })
  const body = JSON.stringify(received[0]?.body)
  expect(body).toContain('{"key":"team","value":{"stringValue":"shop"}}')
  expect(body).toContain('{"key":"service.name","value":{"stringValue":"renamed"}}')
})

it('sends the lines of the log with the span in which they were written', async () => {
  const { received, url } = await startCollector()
  const settings = readTelemetrySettings('test', { OTEL_EXPORTER_OTLP_ENDPOINT: url })
  const telemetry = startTelemetry(settings, { warn: () => {} })
  const span = startTrace(undefined, start)
  if (span === undefined) throw new Error('spans are recorded')
  const logger = createLogger('shop', 'warn')
  runInSpan(span, () => logger.warn({ orderId: 'o-1', err: new Error('broken') }, 'it hurts'))
  await telemetry.stop()
  expect(received).toMatchObject([
    {
      url: '/v1/logs',
      body: {
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: [
                  {
                    severityText: 'WARN',
                    body: { stringValue: 'it hurts' },
                    traceId: span.traceId,
                    spanId: span.id,
                    attributes: expect.arrayContaining([
                      { key: 'orderId', value: { stringValue: 'o-1' } },
                      { key: 'exception.message', value: { stringValue: 'broken' } },
                    ]),
                  },
                ],
              },
            ],
          },
        ],
      },
    },
  ])
})

it('tells the log of what could not be delivered, and goes on', async () => {
  const { received, url } = await startCollector(400)
  const warn = vi.fn()
  const settings = readTelemetrySettings('test', {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_SCHEDULE_DELAY: '10',
  })
  const telemetry = startTelemetry(settings, { warn })
  onTestFinished(telemetry.stop)
  startTrace(undefined, start)?.end()
  await vi.waitFor(() =>
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ spans: 1 }), expect.any(String)),
  )
  startTrace(undefined, start)?.end()
  await vi.waitFor(() => expect(received).toHaveLength(2))
})
