import type { Running } from '../lifecycle.ts'
import type { Logger } from '../logger.ts'
import { askReady, type Readiness } from './ask-ready.ts'
import { type LookUpAll, type Place, watchPlaces } from './places.ts'

/** A replica of a service, and the way to it. */
export class Replica<Way> {
  readonly place: Place
  readonly way: Way
  /** How many calls are under way to it. */
  inFlight = 0
  /** How many calls in a row have failed. */
  failures = 0
  /** Whether others are asked in its place. */
  isOut = false
  isChecked = false
  silences = 0
  outages = 0
  inSinceMs = 0
  staysOutUntilMs = 0

  constructor(place: Place, way: Way) {
    this.place = place
    this.way = way
  }
}

/** The replicas of a service among which calls are shared. */
export type Replicas<Way extends Running> = ReturnType<typeof createReplicas<Way>>

/** How often each replica is asked whether it is ready. */
export const probeEveryMs = 1_000

const maxFailuresInARow = 3
const maxSilences = 2
const steadyAfterMs = 60_000
const shortestOutageMs = 500
const longestOutageMs = 30_000

/**
 * Shares calls among the replicas of a service at these URLs, a list separated by commas, each of which may be a name with
 * several addresses. The replica with fewer calls under way of any two is asked. If there are several, each is asked every
 * second whether it is ready. One that is not, to which no connection can be made, or of which three calls in a row failed
 * is out: others are asked in its place until it says that it is ready. So is one whose clock differs by more than 20 s, since
 * it would take our identity tokens for old ones. If all are out, all are asked.
 */
export const createReplicas = <Way extends Running>(
  urls: string,
  {
    service,
    open,
    logger,
    check = askReady,
    checkEveryMs = probeEveryMs,
    ...lookingUp
  }: {
    readonly service: string
    /** Makes the way to a replica; it is stopped when the replica is gone. */
    readonly open: (place: Place) => Way
    readonly logger: Logger
    readonly check?: (place: Place, withinMs: number) => Promise<Readiness>
    readonly checkEveryMs?: number
    readonly lookUp?: LookUpAll
    readonly everyMs?: number
  },
) => {
  let all: readonly Replica<Way>[] = []
  let usable: readonly Replica<Way>[] = []
  let hasStopped = false
  const leaving = new Set<Promise<void>>()

  const chooseUsable = (): void => {
    const inService = all.filter(({ isOut }) => !isOut)
    usable = inService.length > 0 ? inService : all
  }
  const close = (replica: Replica<Way>): void => {
    const closed = replica.way.stop().finally(() => leaving.delete(closed))
    leaving.add(closed)
  }
  const takeOut = (replica: Replica<Way>, reason: string): void => {
    if (replica.isOut || all.length === 1 || !all.includes(replica)) return
    if (performance.now() - replica.inSinceMs > steadyAfterMs) replica.outages = 0
    replica.isOut = true
    const stayMs = Math.min(shortestOutageMs * 2 ** replica.outages, longestOutageMs)
    replica.staysOutUntilMs = performance.now() + stayMs
    replica.outages += 1
    chooseUsable()
    logger.warn(
      { called: service, replica: replica.place.name, reason },
      'a replica is asked no more for now',
    )
  }
  const bringBack = (replica: Replica<Way>): void => {
    replica.failures = 0
    if (!replica.isOut || performance.now() < replica.staysOutUntilMs) return
    replica.isOut = false
    replica.inSinceMs = performance.now()
    chooseUsable()
    logger.info({ called: service, replica: replica.place.name }, 'a replica is asked again')
  }

  const checkOne = async (replica: Replica<Way>): Promise<void> => {
    if (replica.isChecked) return
    replica.isChecked = true
    const readiness = await check(replica.place, checkEveryMs).catch((): Readiness => 'silent')
    replica.isChecked = false
    replica.silences = readiness === 'silent' ? replica.silences + 1 : 0
    if (readiness === 'ready') bringBack(replica)
    else if (readiness === 'not ready') takeOut(replica, 'it is not ready')
    else if (readiness === 'of another time') takeOut(replica, 'its clock and ours are more than 20 s apart')
    else if (replica.silences >= maxSilences) takeOut(replica, 'it does not say whether it is ready')
  }
  // n.b. where there is one replica nothing depends on the answer
  const timer = setInterval(() => {
    if (all.length > 1) for (const replica of all) void checkOne(replica)
  }, checkEveryMs).unref()

  const watch = watchPlaces(
    [...new Set(urls.split(','))].map(url => new URL(url)),
    places => {
      const before = new Map(all.map(replica => [replica.place.name, replica]))
      all = places.map(place => before.get(place.name) ?? new Replica(place, open(place)))
      for (const [name, replica] of before) if (places.every(place => place.name !== name)) close(replica)
      if (all.length === 1) for (const replica of all) replica.isOut = false
      chooseUsable()
    },
    lookingUp,
  )

  return {
    /** The replica to ask next: another one than `except`, if there is another. */
    next: (except?: Replica<Way>): Replica<Way> => {
      const count = usable.length
      const from = count === 1 ? 0 : Math.floor(Math.random() * count)
      const one = usable[from]
      if (one === undefined) throw new Error(`${service} has no replica`)
      if (count === 1) return one
      const other = usable[(from + 1 + Math.floor(Math.random() * (count - 1))) % count] ?? one
      if (one === except) return other
      return other !== except && other.inFlight < one.inFlight ? other : one
    },
    /** Whether there is one to ask in the place of a replica. */
    hasOther: (replica: Replica<Way>): boolean =>
      usable.length > 1 || (usable[0] !== undefined && usable[0] !== replica),
    /** Notes that a call failed. */
    failed: (replica: Replica<Way>): void => {
      replica.failures += 1
      if (replica.failures >= maxFailuresInARow) takeOut(replica, 'its last calls failed')
    },
    /** Notes that no connection could be made. */
    isUnreachable: (replica: Replica<Way>): void => takeOut(replica, 'no connection could be made'),
    /** How many there are, and how many of them are asked. */
    count: () => ({ known: all.length, out: all.filter(({ isOut }) => isOut).length }),
    /** Stops all ways; nothing may be asked any more. */
    stop: async (): Promise<void> => {
      if (hasStopped) return
      hasStopped = true
      clearInterval(timer)
      await watch.stop()
      for (const replica of all) close(replica)
      await Promise.all(leaving)
    },
  }
}
