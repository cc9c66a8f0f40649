import { setTimeout as pause } from 'node:timers/promises'
import { remainingMs } from '@supergraph/runtime/deadline.ts'
import { fails } from '@supergraph/runtime/faults/door.ts'
import { faultSwitch, type Trouble } from '@supergraph/runtime/faults/switch.ts'
import type { AskInProcess } from './in-process.ts'

/** The direct way into a subgraph with the faults that its HTTP server has; the same way if this process has no switch. */
export const withCallFaults = (service: string, ask: AskInProcess): AskInProcess => {
  const place = faultSwitch()?.at(service)
  if (place === undefined) return ask

  const suffer = async (
    { isAway, latencyMs, errorPercent }: Trouble,
    request: Parameters<AskInProcess>[0],
  ): ReturnType<AskInProcess> => {
    if (isAway) throw new Error(`${service} is away`)
    if (latencyMs > 0) await pause(latencyMs)
    if (request.gone?.aborted || remainingMs(request.deadlineAtMs) === 0)
      throw new Error(`nobody waits for ${service} any more`)
    return fails(errorPercent) ? { status: 500, data: null, errors: undefined, bytes: 0 } : ask(request)
  }
  return request => (place.now === undefined ? ask(request) : suffer(place.now, request))
}
