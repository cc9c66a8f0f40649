import { broker, type Fault, fault } from '@supergraph/runtime/faults/fault.ts'
import type { FaultSwitch } from '@supergraph/runtime/faults/switch.ts'
import { BadRequest } from '@supergraph/runtime/request-body.ts'
import { z } from 'zod'
import type { FaultKind, FaultsView, FaultyPart, MarkedFault } from '../pages/fault-views.ts'
import type { Part, SystemMap } from '../system-map.ts'
import { createFollowers } from './fault-followers.ts'
import { type Act, parseAct, reason, type View } from './view.ts'

const everyMs = 1_000
const longestSeconds = 600

/** The view of what is made to go wrong on purpose; with `service`, `process` and `knows` a process asks that has these faults. */
export const createFaultsView = (faults: FaultSwitch | undefined, map: SystemMap): View => {
  const followers = createFollowers()
  const parts = faultyParts(map)
  return {
    path: /^\/faults$/,
    everyMs,
    read: async (_id, query): Promise<FaultsView> => {
      if (faults === undefined) return { areAllowed: false, faults: [], parts: [], held: [], version: 0 }
      const [held, version] = [faults.held(), faults.version()]
      const [service, process, knows] = ['service', 'process', 'knows'].map(key => query.get(key) ?? '')
      if (service && process) followers.note(service, process, knows ?? '')
      return {
        areAllowed: true,
        faults: held.map(each => ({
          on: each.on,
          kind: each.kind,
          title: parts.find(({ on }) => on === each.on)?.title ?? each.on,
          effect: effectOf(each),
          reason: each.reason,
          endsAt: each.endsAt,
        })),
        parts: parts.map(part => ({
          ...part,
          reach: reachOf(faults.has(part.on), followers.whetherKnown(part.on, version)),
        })),
        held,
        version,
      }
    },
  }
}

const reachOf = (isHere: boolean, knownElsewhere: readonly boolean[]): FaultyPart['reach'] => {
  if (!isHere && knownElsewhere.length === 0) return 'none'
  return knownElsewhere.every(Boolean) ? 'whole' : 'late'
}

const begun = z.object({
  reason,
  seconds: z.int().min(1).max(longestSeconds).default(60),
})

/** What can be done with faults: begin one, which ends by itself, or end one. */
export const createFaultActs = (faults: FaultSwitch | undefined, map: SystemMap): readonly Act[] => {
  if (faults === undefined) return []
  const parts = faultyParts(map)
  const find = (id: string): Pick<Fault, 'on' | 'kind'> => {
    const [on, kind] = id.split('/')
    const part = parts.find(each => each.on === on)
    const known = part?.kinds.find(each => each === kind)
    if (part === undefined || known === undefined) throw new BadRequest(404, 'There is no such fault.')
    return { on: part.on, kind: known }
  }
  return [
    {
      path: /^\/faults\/([\w-]+\/[\w-]+)$/,
      prepare: (body, id) => {
        const { reason, seconds } = parseAct(begun, body)
        const wanted = parseAct(fault, { ...Object(body), ...find(id) })
        return {
          act: 'begin the fault',
          about: `${wanted.kind} of ${wanted.on}`,
          reason,
          details: { ...wanted, seconds },
          perform: async () => {
            const endsAt = new Date(Date.now() + seconds * 1_000).toISOString()
            faults.hold({ ...wanted, reason, endsAt })
            return { outcome: `For ${seconds} s, ${effectOf(wanted)}.` }
          },
        }
      },
    },
    {
      path: /^\/faults\/([\w-]+\/[\w-]+)\/end$/,
      prepare: (body, id) => {
        const wanted = find(id)
        return {
          act: 'end the fault',
          about: `${wanted.kind} of ${wanted.on}`,
          reason: parseAct(z.object({ reason }), body).reason,
          details: wanted,
          perform: async () => ({ outcome: faults.end(wanted) ? 'Ended.' : 'It had ended already.' }),
        }
      },
    },
  ]
}

/** The faults that hold, as marks on the parts of the map. */
export const faultsOnMap = (faults: FaultSwitch | undefined, map: SystemMap): readonly MarkedFault[] => {
  const parts = faultyParts(map)
  return (faults?.held() ?? []).flatMap(held => {
    const part = parts.find(({ on }) => on === held.on)
    return part === undefined || part.partId === null
      ? []
      : { partId: part.partId, mark: markOf(held), effect: effectOf(held) }
  })
}

/** Every service but the console, and the broker. */
const faultyParts = ({ services, parts }: SystemMap): readonly Omit<FaultyPart, 'reach'>[] => {
  const exchange = parts.find(({ kind }) => kind === 'exchange')
  return [
    ...services.map(name => {
      const part = parts.find(({ service }) => service === name)
      return { on: name, title: part?.title ?? name, partId: part?.id ?? null, kinds: kindsOf(part) }
    }),
    { on: broker, title: 'Broker', partId: exchange?.id ?? null, kinds: ['outage'] },
  ]
}

/** n.b. the mailbox takes e-mail by SMTP, where a request is not what it is over HTTP */
const kindsOf = (part: Part | undefined): readonly FaultKind[] => {
  if (part?.kind === 'mail') return ['outage']
  const consumes = part !== undefined && part.consumes.length > 0
  return ['latency', 'errors', 'outage', ...(consumes ? (['double-delivery'] as const) : [])]
}

const effectOf = (held: Fault): string => {
  switch (held.kind) {
    case 'latency':
      return `each request waits for ${held.ms} ms`
    case 'errors':
      return `${held.percent} % of the requests are answered with 500`
    case 'outage':
      return held.on === broker ? 'no event is published or consumed' : 'every connection is cut'
    case 'double-delivery':
      return 'each event is delivered twice'
    default:
      return held satisfies never
  }
}

const markOf = (held: Fault): string => {
  switch (held.kind) {
    case 'latency':
      return `+${held.ms} ms`
    case 'errors':
      return `${held.percent} % errors`
    case 'outage':
      return 'away'
    case 'double-delivery':
      return 'twice'
    default:
      return held satisfies never
  }
}
