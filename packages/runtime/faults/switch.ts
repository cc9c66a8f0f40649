import type { Running } from '../lifecycle.ts'
import type { Fault, HeldFault } from './fault.ts'

/** What goes wrong at one place. */
export type Trouble = {
  readonly latencyMs: number
  readonly errorPercent: number
  readonly isAway: boolean
  readonly deliversTwice: boolean
}

/** A place where faults can happen: `now` is undefined while none does. */
export type FaultPlace = { readonly now: Trouble | undefined }

/** Holds the faults of a process, each until it ends by itself. */
export type FaultSwitch = Running & {
  readonly held: () => readonly HeldFault[]
  /** Another one each time that the faults change. */
  readonly version: () => number
  /** Begins a fault, in place of one of the same kind at the same place. */
  readonly hold: (fault: HeldFault) => void
  /** Ends a fault before its time; false if it does not hold. */
  readonly end: (fault: Pick<Fault, 'on' | 'kind'>) => boolean
  /** Lets these faults hold and no others. */
  readonly replace: (faults: readonly HeldFault[]) => void
  /** The place of this name, always the same object. */
  readonly at: (on: string) => FaultPlace
  /** Whether something in this process has asked for that place. */
  readonly has: (on: string) => boolean
  /** Calls the listener after each change; what it returns ends that. */
  readonly onChange: (listener: () => void) => () => void
}

let allowed: FaultSwitch | undefined

/**
 * Lets faults happen in this process until it is stopped; services that start later have them. In production this does
 * nothing and returns undefined, so that no request, call or event passes anything that could fail on purpose.
 */
export const allowFaults = (nodeEnv: string): FaultSwitch | undefined => {
  if (nodeEnv === 'production') return undefined
  const faults = createFaultSwitch()
  allowed = {
    ...faults,
    stop: async () => {
      allowed = undefined
      await faults.stop()
    },
  }
  return allowed
}

/** The switch of this process; undefined if faults are not allowed in it. */
export const faultSwitch = (): FaultSwitch | undefined => allowed

export const createFaultSwitch = (): FaultSwitch => {
  const places = new Map<string, { now: Trouble | undefined }>()
  const listeners = new Set<() => void>()
  let held: readonly HeldFault[] = []
  let version = 0
  let timer: NodeJS.Timeout | undefined

  const settle = (next: readonly HeldFault[]): void => {
    clearTimeout(timer)
    const nowMs = Date.now()
    held = next.filter(({ endsAt }) => Date.parse(endsAt) > nowMs)
    version += 1
    for (const [on, place] of places) place.now = troubleAt(on, held)
    const nextEndMs = Math.min(...held.map(({ endsAt }) => Date.parse(endsAt)))
    // n.b. a timer may run a moment too early, and is then set once more
    if (held.length > 0) timer = setTimeout(() => settle(held), Math.max(1, nextEndMs - nowMs)).unref()
    for (const listener of listeners) listener()
  }
  const others = ({ on, kind }: Pick<Fault, 'on' | 'kind'>) =>
    held.filter(fault => fault.on !== on || fault.kind !== kind)

  return {
    held: () => held,
    version: () => version,
    hold: fault => settle([...others(fault), fault]),
    end: fault => {
      const left = others(fault)
      const isHeld = left.length < held.length
      if (isHeld) settle(left)
      return isHeld
    },
    replace: faults => {
      if (JSON.stringify(faults) !== JSON.stringify(held)) settle(faults)
    },
    at: on => {
      const known = places.get(on)
      if (known !== undefined) return known
      const place = { now: troubleAt(on, held) }
      places.set(on, place)
      return place
    },
    has: on => places.has(on),
    onChange: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: async () => settle([]),
  }
}

const troubleAt = (on: string, held: readonly Fault[]): Trouble | undefined => {
  const own = held.filter(fault => fault.on === on)
  if (own.length === 0) return undefined
  return {
    latencyMs: own.find(fault => fault.kind === 'latency')?.ms ?? 0,
    errorPercent: own.find(fault => fault.kind === 'errors')?.percent ?? 0,
    isAway: own.some(({ kind }) => kind === 'outage'),
    deliversTwice: own.some(({ kind }) => kind === 'double-delivery'),
  }
}
