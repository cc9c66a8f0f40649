import type { Envelope } from '@supergraph/messaging/envelope.ts'
import { shownEnvelope } from '@supergraph/messaging/sensitive.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { z } from 'zod'
import { cut, oneLine } from '../table.ts'
import type { EventFilter, EventsCall } from './arguments.ts'
import { followEvents, readRecentEvents } from './source.ts'

/** Shows the `last` events, and then each event as it is published, until `stopped`. */
export const tail = async (
  variables: Variables,
  { filter, last, isJson, isWhole }: EventsCall,
  { width, stopped }: { readonly width: number; readonly stopped: Promise<void> },
): Promise<void> => {
  const print = (event: Event) => {
    const cleared = isWhole ? undefined : shownEnvelope(contracts, event.envelope)
    console.log(isJson ? JSON.stringify(cleared ?? event.envelope) : lineOf(event, cleared ?? event, width))
  }
  const shown = new Set<string>()
  const early: Event[] = []
  let show = (event: Event) => void early.push(event)
  // n.b. it follows before it reads, so that no event is missed in between; an event that comes twice is shown once
  const following = await followEvents(variables, envelope => {
    const event = readEvent(envelope)
    if (event !== undefined && isMeant(event, filter)) show(event)
  })
  try {
    if (following.unseen.length > 0)
      console.error(`not shown, since no queue on the broker takes them: ${following.unseen.join(', ')}`)
    const recent = last === 0 ? [] : await readLast(variables, last, filter)
    for (const event of recent) {
      shown.add(event.id)
      print(event)
    }
    show = event => {
      if (!shown.has(event.id)) print(event)
    }
    for (const event of early) show(event)
    await stopped
  } finally {
    await following.stop()
  }
}

type Event = z.output<typeof event> & { readonly envelope: unknown }

const event = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  version: z.number(),
  time: z.string(),
  data: z.unknown(),
})

const readEvent = (envelope: unknown): Event | undefined => {
  const { data } = event.safeParse(envelope)
  return data === undefined ? undefined : { ...data, envelope }
}

// n.b. events are filtered after they are read: 20 times as many are read, because a rare type lies far back
const readTimes = 20
const mostRead = 20_000

const readLast = async (variables: Variables, last: number, filter: EventFilter): Promise<readonly Event[]> =>
  (await readRecentEvents(variables, Math.min(last * readTimes, mostRead)))
    .flatMap(envelope => readEvent(envelope) ?? [])
    .filter(found => isMeant(found, filter))
    .sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .slice(-last)

const isMeant = ({ type, subject, time }: Event, filter: EventFilter): boolean =>
  (filter.type === undefined || filter.type === type) &&
  (filter.subject === undefined || filter.subject === subject) &&
  (filter.since === undefined || filter.since.getTime() <= Date.parse(time))

const lineOf = (
  { time, type, subject }: Event,
  { version, data }: Partial<Envelope>,
  width: number,
): string => {
  const words = [time.slice(11, 19), oneLine(type).padEnd(21), oneLine(subject)]
  const rest = version === undefined ? [] : [`v${version}`, JSON.stringify(data)]
  return cut([...words, ...rest].join('  '), width)
}
