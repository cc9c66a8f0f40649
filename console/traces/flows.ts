import type { Span } from './span.ts'
import { textOf } from './span.ts'
import { isOperation, isStatement } from './summary.ts'

/** One passage between two parts of the system. */
export type Passage = {
  readonly source: string
  readonly target: string
  readonly durationUs: number
  readonly isFailed: boolean
}

/** Passages between two parts in ten seconds whose durations fall into one class. */
export type Flow = {
  /** When the ten seconds began, in ms since 1970. */
  readonly slotMs: number
  readonly source: string
  readonly target: string
  readonly durationClass: number
  readonly passages: number
  readonly failures: number
}

const slotMs = 10_000
const classesPerDoubling = 4

/** The class of a duration; each class is 19 % longer than the one below. */
export const durationClassOf = (durationUs: number): number =>
  Math.round(Math.log2(Math.max(durationUs, 1)) * classesPerDoubling)

/** A duration in the middle of a class, in µs. */
export const durationOfClass = (durationClass: number): number => 2 ** (durationClass / classesPerDoubling)

/** Adds the passages that spans tell of to those that were counted, of which there are at most `maxKeys`. */
export const addFlows = (flows: Map<string, Flow>, spans: readonly Span[], maxKeys: number): void => {
  for (const span of spans) {
    const slot = Math.floor(span.startUs / 1_000 / slotMs) * slotMs
    for (const { source, target, durationUs, isFailed } of passagesOf(span)) {
      const durationClass = durationClassOf(durationUs)
      const key = `${slot} ${durationClass} ${source} ${target}`
      const { passages = 0, failures = 0 } = flows.get(key) ?? {}
      if (passages === 0 && flows.size >= maxKeys) continue
      flows.set(key, {
        slotMs: slot,
        source,
        target,
        durationClass,
        passages: passages + 1,
        failures: failures + (isFailed ? 1 : 0),
      })
    }
  }
}

/** The names that parts of the system have on the map, beside the names of services and queues. */
export const parts = {
  clients: 'clients',
  sockets: 'sockets',
  exchange: 'exchange',
  payments: 'payments',
  mail: 'mail',
  databaseOf: (service: string) => `${service}-db`,
} as const

/** The passages of one span: none, one, or two through a queue. */
export const passagesOf = (span: Span): readonly Passage[] => {
  const { service, durationUs, error } = span
  const pass = (source: string, target: string): Passage => ({
    source,
    target,
    durationUs,
    isFailed: error !== null,
  })
  if (isStatement(span)) return [pass(service, parts.databaseOf(service))]
  if (isOperation(span)) {
    const { 'supergraph.transport': transport } = span.attributes
    return [pass(transport === 'websocket' ? parts.sockets : parts.clients, service)]
  }
  const subgraph = textOf(span, 'supergraph.subgraph')
  if (span.kind === 'client' && subgraph !== undefined) return [pass(service, subgraph)]
  if (span.attributes['supergraph.peer'] === parts.payments) return [pass(service, parts.payments)]
  if (span.attributes['supergraph.email.id'] !== undefined) return [pass(service, parts.mail)]
  if (span.name === 'deliver') return [pass('notifications', service)]
  if (span.name === 'write frame') return [pass(service, parts.sockets)]
  return messagePassages(span, pass)
}

const messagePassages = (
  span: Span,
  pass: (source: string, target: string) => Passage,
): readonly Passage[] => {
  const operation = span.attributes['messaging.operation.type']
  if (operation === 'send') return [pass(span.service, parts.exchange)]
  const queue = textOf(span, 'messaging.destination.name')
  // n.b. a batch has a span of its own beside one for each event
  const isEvent = span.attributes['messaging.message.id'] !== undefined
  if (operation !== 'process' || queue === undefined || !isEvent) return []
  return [pass(parts.exchange, queue), pass(queue, span.service)]
}
