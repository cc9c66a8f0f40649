import { z } from 'zod'
import { compare, type DataChange, type JsonSchema, jsonSchema } from './event-data-changes.ts'
import { type Finding, fail, pass } from './finding.ts'

/** The AsyncAPI documents as they were read. */
export type EventDocuments = {
  /** What is published. */
  readonly published: unknown
  /** What each service receives. */
  readonly received: readonly unknown[]
}

/**
 * What changed from one state of the AsyncAPI documents to the next, the worst first; `operations` names the queues that
 * take the event. Throws a ZodError if a document is not one of ours.
 */
export const findEventChanges = (base: EventDocuments, next: EventDocuments): readonly Finding[] => {
  const [before, after] = [readContracts(base), readContracts(next)]
  const findings = [...changedEvents(before, after), ...changedQueues(before, after)]
  return [...findings.filter(isFailure), ...findings.filter(finding => !isFailure(finding))]
}

type Contracts = {
  /** The schema of the data, by the event's type. */
  readonly events: ReadonlyMap<string, JsonSchema>
  /** The types of the events that it takes, by queue. */
  readonly queues: ReadonlyMap<string, readonly string[]>
  /** Who takes or hears each event, by type. */
  readonly takersOf: (type: string) => readonly string[]
}

const reference = z.object({ $ref: z.string() })
const receivedApi = z.object({
  channels: z.record(
    z.string(),
    z.object({
      messages: z.record(z.string(), z.unknown()),
      bindings: z.object({ amqp: z.object({ is: z.string() }) }),
    }),
  ),
  operations: z.record(z.string(), z.object({ action: z.string(), messages: z.array(reference) })),
})
const publishedApi = receivedApi.extend({
  components: z.object({
    messages: z.record(z.string(), z.unknown()),
    schemas: z.record(z.string(), jsonSchema),
  }),
})

/** Why documents are none of ours; undefined if they are. */
export const problemOfEvents = (documents: EventDocuments): string | undefined => {
  try {
    readContracts(documents)
  } catch (error) {
    if (error instanceof z.ZodError) return z.prettifyError(error)
    throw error
  }
  return undefined
}

const readContracts = ({ published, received }: EventDocuments): Contracts => {
  const { components, ...rest } = publishedApi.parse(published)
  const documents = [rest, ...received.map(document => receivedApi.parse(document))]
  const receiving = documents
    .flatMap(({ operations }) => Object.entries(operations))
    .filter(([, { action }]) => action === 'receive')
  return {
    events: new Map(
      Object.keys(components.messages).map(type => [type, components.schemas[type] ?? {}] as const),
    ),
    queues: new Map(
      documents
        .flatMap(({ channels }) => Object.entries(channels))
        .filter(([, { bindings }]) => bindings.amqp.is === 'queue')
        .map(([queue, { messages }]) => [queue, Object.keys(messages)] as const),
    ),
    takersOf: type =>
      receiving
        .filter(([, { messages }]) => messages.some(({ $ref }) => $ref.endsWith(`/messages/${type}`)))
        .map(([name]) => name),
  }
}

const changedEvents = (before: Contracts, after: Contracts): readonly Finding[] => [
  ...[...before.events].flatMap(([type, schema]): readonly Finding[] => {
    const next = after.events.get(type)
    const operations = before.takersOf(type)
    if (next !== undefined) return compare(type, schema, next).map(toFinding(type, operations))
    // n.b. an event may go once its successor is published and no queue takes the old event
    if (operations.length === 0 && before.events.has(successorOf(type)))
      return [pass('EVENT_REMOVED', type, `nobody took it, and there is ${successorOf(type)}`)]
    return [toFinding(type, operations)({ code: 'EVENT_REMOVED', path: type, message: 'is gone' })]
  }),
  ...[...after.events.keys()]
    .filter(type => !before.events.has(type))
    .map(type => pass('EVENT_ADDED', type, 'is new')),
]

const changedQueues = (before: Contracts, after: Contracts): readonly Finding[] => [
  ...[...before.queues].flatMap(([queue, types]) => {
    const still = after.queues.get(queue)
    return types
      .filter(type => !still?.includes(type))
      .map((type): Finding => {
        const path = `${queue} ← ${type}`
        if (types.includes(successorOf(type)))
          return pass('QUEUE_EVENT_REMOVED', path, `it takes ${successorOf(type)} already`)
        return fail(
          still === undefined ? 'QUEUE_REMOVED' : 'QUEUE_EVENT_REMOVED',
          path,
          `what is published meanwhile is lost to it: take ${successorOf(type)} beside it first, and take ${type} until then`,
          [queue],
        )
      })
  }),
  ...[...after.queues].flatMap(([queue, types]) =>
    types
      .filter(type => !before.queues.get(queue)?.includes(type))
      .map(type => pass('QUEUE_EVENT_ADDED', `${queue} ← ${type}`, 'is taken now')),
  ),
]

const toFinding =
  (type: string, operations: readonly string[]) =>
  ({ code, path, message, isSafe = false }: DataChange): Finding =>
    isSafe
      ? pass(code, path, message)
      : fail(
          code,
          path,
          `${message}; publish ${successorOf(type)} beside it until nobody takes ${type}`,
          operations,
        )

const isFailure = ({ status }: Finding): boolean => status === 'FAIL'

/** `order.placed` → `order.placed.v2` → `order.placed.v3`. */
const successorOf = (type: string): string => {
  const [, stem = type, version] = /^(.*)\.v(\d+)$/.exec(type) ?? []
  return `${stem}.v${Number(version ?? 1) + 1}`
}
