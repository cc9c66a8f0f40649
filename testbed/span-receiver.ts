import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(attribute),
})
const traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
})

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
  /** Everything that was received, as it came, the lines of logs included. */
  readonly text: () => string
}

export const startSpanReceiver = async (): Promise<SpanReceiver> => {
  const bodies: { readonly path: string | undefined; readonly text: string }[] = []
  const server = createServer(async (request, response) => {
    bodies.push({ path: request.url, text: await text(request) })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    // n.b. only what is asked for is parsed: a test run makes many spans
    trace: traceId =>
      bodies
        .filter(body => body.path === '/v1/traces' && body.text.includes(traceId))
        .flatMap(body => spansIn(body.text))
        .filter(each => each.traceId === traceId),
    text: () => bodies.map(body => body.text).join('\n'),
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const spansIn = (text: string): readonly ReceivedSpan[] =>
  traces.parse(JSON.parse(text)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'])
    return scopeSpans.flatMap(scope => scope.spans).map(each => toReceived(each, service))
  })

const toReceived = (
  { startTimeUnixNano, endTimeUnixNano, attributes, parentSpanId, ...same }: z.output<typeof span>,
  service: string,
): ReceivedSpan => ({
  ...same,
  parentSpanId,
  service,
  fromMs: Number(startTimeUnixNano) / 1e6,
  toMs: Number(endTimeUnixNano) / 1e6,
  attributes: valuesOf(attributes),
})

const valuesOf = (attributes: readonly z.output<typeof attribute>[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
