import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { OtlpAttribute, OtlpSpan, TracesData } from '@supergraph/telemetry/otlp.ts'
import { readLogsData, readTracesData } from '@supergraph/telemetry/otlp-reader.ts'
import { z } from 'zod'

/** A span as a test looks at it; times are milliseconds since the epoch. */
export type ReceivedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly service: string
  readonly fromMs: number
  readonly toMs: number
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Takes spans from any process that has `url` as its OTLP endpoint. */
export type SpanReceiver = Running & {
  readonly url: string
  readonly trace: (traceId: string) => readonly ReceivedSpan[]
  /** Everything that was received, the lines of logs included, as OTLP's JSON has it. */
  readonly text: () => string
}

export const startSpanReceiver = async (): Promise<SpanReceiver> => {
  const bodies: { readonly isOfTraces: boolean; readonly body: Buffer }[] = []
  const texts: string[] = []
  // n.b. whoever waits for a span asks again and again, and what is searched meanwhile takes no spans
  const searches = new Map<string, { upTo: number; readonly found: Buffer[] }>()
  const bodiesOf = (traceId: string): readonly Buffer[] => {
    const search = searches.get(traceId) ?? { upTo: 0, found: [] }
    searches.set(traceId, search)
    const id = Buffer.from(traceId, 'hex')
    for (const { isOfTraces, body } of bodies.slice(search.upTo))
      if (isOfTraces && body.includes(id)) search.found.push(body)
    search.upTo = bodies.length
    return search.found
  }
  const server = createServer(async (request, response) => {
    bodies.push({ isOfTraces: request.url === '/v1/traces', body: await buffer(request) })
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    // n.b. only what is asked for is read: a test run makes many spans
    trace: traceId =>
      bodiesOf(traceId)
        .flatMap(body => spansIn(readTracesData(body)))
        .filter(each => each.traceId === traceId),
    text: () => {
      for (const { isOfTraces, body } of bodies.slice(texts.length))
        texts.push(JSON.stringify(isOfTraces ? readTracesData(body) : readLogsData(body)))
      return texts.join('\n')
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const spansIn = ({ resourceSpans }: TracesData): readonly ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(scope => scope.spans).map(each => toReceived(each, service))
  })

const toReceived = (
  { traceId, spanId, parentSpanId, name, startTimeUnixNano, endTimeUnixNano, attributes }: OtlpSpan,
  service: string,
): ReceivedSpan => ({
  traceId,
  spanId,
  parentSpanId,
  name,
  service,
  fromMs: Number(startTimeUnixNano) / 1e6,
  toMs: Number(endTimeUnixNano) / 1e6,
  attributes: valuesOf(attributes),
})

const valuesOf = (attributes: readonly OtlpAttribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
