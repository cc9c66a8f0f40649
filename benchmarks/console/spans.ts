import { randomBytes } from 'node:crypto'

const spansPerBody = 512
const operations = ['ProductPage', 'Me', 'OrderPage', 'Search', 'PlaceOrder', 'Login', 'Cart', 'Reviews']
const planText = 'a'.repeat(2_000)

/** Bodies of OTLP requests of 512 spans each, as the services of a shop send them: each service its own part of a trace. */
export const createBodies = () => {
  const waiting: Record<Service, string[]> = { gateway: [], orders: [], products: [] }
  const ready: string[] = []
  let traces = 0

  const put = (service: Service, span: string): void => {
    waiting[service].push(span)
    if (waiting[service].length < spansPerBody) return
    ready.push(bodyOf(service, waiting[service]))
    waiting[service] = []
  }
  const addTrace = (): void => {
    traces += 1
    const traceId = randomBytes(16).toString('hex')
    const ids = randomBytes(8 * 12).toString('hex')
    const id = (index: number) => ids.slice(index * 16, index * 16 + 16)
    // n.b. frequent operations and rare ones, about as the first digits of numbers
    const operation = operations[Math.floor(operations.length ** Math.random()) - 1] ?? 'Me'
    const lastsMs = traces % 200 === 0 ? 700 : 4 + Math.random() * 20
    const startMs = Date.now() - lastsMs
    const write = (span: Omit<Written, 'traceId' | 'startMs'>) => spanText({ traceId, startMs, ...span })
    const root = id(0)
    const fails = traces % 100 === 0
    put(
      'gateway',
      write({
        id: root,
        name: 'query',
        kind: 2,
        lastsMs,
        status: fails ? '{"code":2}' : '{}',
        attributes: [
          text('graphql.operation.type', 'query'),
          text('graphql.operation.name', operation),
          text('http.request.method', 'POST'),
          text('http.route', '/graphql'),
          text('supergraph.transport', 'http'),
          text('supergraph.client.name', 'web'),
          text('user.id', `user-${traces % 1_000}`),
          text('supergraph.plan.id', `plan-${operation}`),
          ...(traces % 5_000 < operations.length ? [text('supergraph.plan.text', planText)] : []),
          '{"key":"supergraph.plan.cached","value":{"boolValue":true}}',
        ],
      }),
    )
    put('gateway', write({ id: id(1), parent: root, name: 'plan', kind: 1, lastsMs: 0.1, attributes: [] }))
    for (const [index, service] of (['orders', 'products'] as const).entries()) {
      const [call, part] = [id(2 + index), id(4 + index)]
      put(
        'gateway',
        write({
          id: call,
          parent: root,
          name: `fetch ${service}`,
          kind: 3,
          lastsMs: lastsMs / 2,
          attributes: [
            text('supergraph.subgraph', service),
            number('supergraph.representations.sent', 20),
            number('supergraph.representations.distinct', 17),
            number('http.response.status_code', 200),
            number('http.response.body.size', 5_120),
          ],
        }),
      )
      put(
        service,
        write({
          id: part,
          parent: call,
          name: 'query',
          kind: 2,
          lastsMs: lastsMs / 3,
          attributes: [text('graphql.operation.type', 'query'), text('http.request.method', 'POST')],
        }),
      )
      for (let statement = 0; statement < 3; statement += 1)
        put(
          service,
          write({
            id: id(6 + index * 3 + statement),
            parent: part,
            name: `SELECT ${service}`,
            kind: 3,
            lastsMs: 0.8,
            attributes: [
              text('db.system.name', 'postgresql'),
              text('db.collection.name', service),
              text('db.query.text', `select * from ${service} where id = any($1) order by created_at desc`),
              number('db.response.returned_rows', 20),
            ],
          }),
        )
    }
  }
  return {
    next: (): string => {
      while (ready.length === 0) addTrace()
      return ready.shift() ?? ''
    },
    spansPerBody,
  }
}

type Service = 'gateway' | 'orders' | 'products'

type Written = {
  readonly traceId: string
  readonly id: string
  readonly parent?: string
  readonly name: string
  readonly kind: number
  readonly startMs: number
  readonly lastsMs: number
  readonly attributes: readonly string[]
  readonly status?: string
}

const spanText = ({ traceId, id, parent, name, kind, startMs, lastsMs, attributes, status }: Written) =>
  `{"traceId":"${traceId}","spanId":"${id}",${parent === undefined ? '' : `"parentSpanId":"${parent}",`}"flags":1,"name":"${name}","kind":${kind},"startTimeUnixNano":"${nanos(startMs)}","endTimeUnixNano":"${nanos(startMs + lastsMs)}","attributes":[${attributes.join(',')}],"status":${status ?? '{}'}}`

const nanos = (ms: number): string => `${Math.round(ms * 1_000)}000`

const text = (key: string, value: string): string => `{"key":"${key}","value":{"stringValue":"${value}"}}`

const number = (key: string, value: number): string => `{"key":"${key}","value":{"intValue":${value}}}`

const bodyOf = (service: Service, spans: readonly string[]): string =>
  `{"resourceSpans":[{"resource":{"attributes":[${text('service.name', service)}]},"scopeSpans":[{"scope":{"name":"@supergraph/telemetry"},"spans":[${spans.join(',')}]}]}]}`
