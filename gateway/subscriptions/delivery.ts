import type { EventOrigin } from '@supergraph/runtime/event-origin.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { runInSpan, runInTrace } from '@supergraph/runtime/trace-context.ts'
import type { Span } from '@supergraph/telemetry/span.ts'
import { endWith, startSpan, startTrace } from '@supergraph/telemetry/spans.ts'
import type { Cursor } from './position.ts'

/** An event as listeners get it: the text of the answer, and the span in which it was made. */
export type Delivery = { readonly text: string; readonly span: Span | undefined; framesTold: number }

/** An event as it came. */
type Arrived = Pick<EventOrigin, 'traceparent'> & {
  /** By `performance.now()`. */
  readonly arrivedAtMs: number
  readonly cursor: Cursor | undefined
}

const deliverySpan = { name: 'deliver', kind: 'server', service: 'gateway' } as const
const frameSpan = { name: 'write frame', kind: 'producer' } as const
const maxNameLength = 200
// n.b. an event may go to thousands of sockets
const maxFrames = 20

/** Makes the text of an event for a viewer, in a span of the trace that the subgraph has told. */
export const deliver = (
  { traceparent, arrivedAtMs, cursor }: Arrived,
  { operationName, viewer }: { readonly operationName: string | undefined; readonly viewer: Viewer },
  complete: (span: Span | undefined) => Promise<Delivery>,
): Promise<Delivery> => {
  const span = startTrace(traceparent, deliverySpan)
  if (span === undefined) return runInTrace(traceparent, () => complete(undefined))
  const name = operationName?.slice(0, maxNameLength)
  span.trace.operation = name
  span.addWait('wait in queue', arrivedAtMs)
  span.set('graphql.operation.name', name)
  if (viewer.kind === 'user') span.set('user.id', viewer.id)
  if (cursor !== undefined) span.set('supergraph.subscription.cursor', String(cursor).slice(0, maxNameLength))
  return endWith(span, complete)
}

/** Begins the span of writing an event to one client; undefined if no spans are recorded, and after 20 clients. */
export const startFrame = (delivery: Delivery): Span | undefined => {
  const { span, text, framesTold } = delivery
  if (span === undefined || framesTold === maxFrames) return undefined
  delivery.framesTold += 1
  const frame = runInSpan(span, () => startSpan(frameSpan))
  // n.b. a client that has yet to read earlier events comes later
  frame?.addWait('wait in queue', span.endedAtMs)
  frame?.set('supergraph.frame.bytes', text.length)
  return frame
}
