import { type FixedAttributes, fixAttributes } from '@supergraph/telemetry/attributes.ts'
import { leastWaitMs, type Span, type SpanStart } from '@supergraph/telemetry/span.ts'
import { activeSpan, startSpan } from '@supergraph/telemetry/spans.ts'
import type { DataSource } from 'typeorm'
import { waitsFor } from './statement-metrics.ts'

const maxTextLength = 4_000
const maxStarts = 2_000

/** What the spans of a statement begin with, by its text. */
const starts = new Map<string, SpanStart>()

/** Sends a statement in a span of its own, if spans are recorded. n.b. its text has no values: those are its parameters */
export const inStatementSpan = (
  text: unknown,
  database: string | undefined,
  send: () => unknown,
): unknown => {
  if (typeof text !== 'string' || activeSpan() === undefined) return send()
  const span = startSpan(startOf(text, database))
  const sent = send()
  if (span === undefined || !(sent instanceof Promise)) return sent
  return sent.then(
    (result: unknown) => {
      const { rowCount } = Object(result)
      if (typeof rowCount === 'number') span.set('db.response.returned_rows', rowCount)
      span.end()
      return result
    },
    (error: unknown) => {
      fail(span, error)
      throw error
    },
  )
}

/** Measures how long those of a database who want a connection wait for it, and records it if it is long enough to be seen. */
export const traceWaits = (database: DataSource, service: string): DataSource => {
  const { driver } = database
  const obtain: unknown = Reflect.get(driver, 'obtainMasterConnection')
  if (typeof obtain !== 'function') throw new Error('the driver has no pool of connections')
  const fixed = fixAttributes({ 'db.client.connection.pool.name': service })
  const waits = waitsFor(service)
  const obtainTraced = async (...given: readonly unknown[]): Promise<unknown> => {
    const parent = activeSpan()
    const startedAtMs = performance.now()
    const obtained: unknown = await Reflect.apply(obtain, driver, given)
    const waitedMs = performance.now() - startedAtMs
    waits.observe(waitedMs / 1_000)
    if (parent !== undefined && waitedMs >= leastWaitMs)
      parent.addEnded({ name: 'wait for connection', fixed }, startedAtMs)
    return obtained
  }
  Object.assign(driver, { obtainMasterConnection: obtainTraced })
  return database
}

const fail = (span: Span, error: unknown): void => {
  span.fail(error)
  const { code } = Object(error)
  if (typeof code === 'string') span.set('db.response.status_code', code)
  span.end()
}

const startOf = (text: string, database: string | undefined): SpanStart => {
  const key = `${database} ${text}`
  const known = starts.get(key)
  if (known !== undefined) return known
  if (starts.size === maxStarts) starts.clear()
  const [, verb = 'SQL'] = /^\s*(\w+)/.exec(text) ?? []
  const operation = verb.toUpperCase()
  const table = tableIn(text)
  const fixed: FixedAttributes = fixAttributes({
    'db.system.name': 'postgresql',
    'db.namespace': database,
    'db.operation.name': operation,
    'db.collection.name': table,
    'db.query.text': text.slice(0, maxTextLength),
  })
  const start: SpanStart = {
    name: table === undefined ? operation : `${operation} ${table}`,
    kind: 'client',
    fixed,
  }
  starts.set(key, start)
  return start
}

/** n.b. good enough for a name: of a statement with parts, it is the table of one of them. */
const tableIn = (text: string): string | undefined =>
  /\b(?:insert into|update|delete from|from)\s+"?([a-z_]+)"?/i.exec(text)?.[1]
