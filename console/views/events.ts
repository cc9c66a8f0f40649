import type { DataSource } from 'typeorm'
import { listSubjects, tracesAbout } from '../database/subject-reads.ts'
import { readSpans } from '../database/trace-reads.ts'
import type { ShownDeadLetters } from '../dead-letters.ts'
import type { EventsView, EventView } from '../pages/views.ts'
import type { SystemMap } from '../system-map.ts'
import { batchesOf, eventWayOf } from '../traces/event-way.ts'
import { numberOf, textOf } from '../traces/span.ts'
import type { View } from './view.ts'

/** The views of events: the latest, and one event's way. */
export const createEventViews = (
  database: DataSource,
  map: SystemMap,
  deadLetters: ShownDeadLetters | undefined,
): readonly View[] => {
  const queues = map.parts.filter(({ kind }) => kind === 'queue').flatMap(({ consumes }) => consumes)
  const types = map.parts.filter(({ kind }) => kind === 'exchange').flatMap(({ publishes }) => publishes)

  const readList = async (query: URLSearchParams): Promise<EventsView> => {
    const label = types.find(type => type === query.get('type'))
    const [events, letters] = await Promise.all([
      listSubjects(database, 'event', { label, limit: 100 }),
      // n.b. a broker that is away hides no event
      deadLetters?.list().catch(() => undefined),
    ])
    return { events, types, deadLetters: letters?.length ?? null }
  }

  const readOne = async (id: string): Promise<EventView | undefined> => {
    const own = await tracesAbout(database, 'event', id)
    const first = await readSpans(database, own)
    const traceIds = [...new Set([...own, ...batchesOf(first, id)])]
    const spans = traceIds.length > own.length ? await readSpans(database, traceIds) : first
    const about = spans.filter(span => textOf(span, 'messaging.message.id') === id)
    const [any] = about
    if (any === undefined) return undefined
    const find = (key: string) => about.map(span => textOf(span, key)).find(text => text !== undefined)
    const type = find('cloudevents.event_type') ?? ''
    const steps = eventWayOf(spans, id)
    return {
      id,
      type,
      subject: find('cloudevents.event_subject') ?? null,
      source: find('cloudevents.event_source') ?? null,
      version:
        about
          .map(span => numberOf(span, 'supergraph.event.version'))
          .find(version => version !== undefined) ?? null,
      steps,
      queues: queues
        .filter(({ events }) => events.includes(type))
        .map(({ queue }) => ({
          queue,
          isHandled: steps.some(
            ({ what, place, error, outcome }) =>
              what === 'handled' && place === queue && error === null && (outcome ?? 'ack') === 'ack',
          ),
        })),
      traceIds,
    }
  }

  return [
    { path: /^\/events$/, read: (_, query) => readList(query) },
    { path: /^\/events\/([\w-]+)$/, read: readOne },
  ]
}
