import { createRandom } from '../../testbed/random.ts'

/** What something does in simulated time; it is given control again when what it yields calls `resume`. */
export type Activity<T = void> = Generator<Wait, T, void>

type Wait = (resume: () => void) => void

/** A simulation of discrete events. The same seed and the same activities give the same course. Times are in ms. */
export type Simulation = {
  readonly nowMs: () => number
  /** Begins an activity at this moment. */
  readonly begin: (activity: Activity) => void
  readonly pause: (ms: number) => Activity
  /** Begins activities at random moments, on average this many a second (a Poisson process), as long as it runs. */
  readonly arrive: (perSecond: number, activity: () => Activity) => void
  /** Goes on for so long, or until nothing is left to do. */
  readonly run: (ms: number) => void
  /** A time with this mean, exponentially distributed. */
  readonly exponential: (meanMs: number) => number
  /** A time with this mean and half of it as its standard deviation, as an Erlang distribution has it. */
  readonly around: (meanMs: number) => number
}

const erlangStages = 4
const fractions = 2 ** 30

export const createSimulation = (seed: string): Simulation => {
  const random = createRandom(seed)
  const events = createHeap()
  let now = 0
  const begin = (activity: Activity): void => {
    const step = (): void => {
      const { done, value } = activity.next()
      if (done !== true) value(step)
    }
    step()
  }
  const pause = function* (ms: number): Activity {
    if (ms > 0) yield resume => events.add(now + ms, resume)
  }
  const exponential = (meanMs: number): number => -meanMs * Math.log(random.integer(1, fractions) / fractions)
  return {
    nowMs: () => now,
    begin,
    pause,
    arrive: (perSecond, activity) => {
      const arrivals = function* (): Activity {
        for (;;) {
          yield* pause(exponential(1_000 / perSecond))
          begin(activity())
        }
      }
      begin(arrivals())
    },
    run: ms => {
      const endsAtMs = now + ms
      for (;;) {
        const next = events.takeUntil(endsAtMs)
        if (next === undefined) break
        now = next.atMs
        next.resume()
      }
      now = endsAtMs
    },
    exponential,
    around: meanMs => {
      let ms = 0
      for (let stage = 0; stage < erlangStages; stage += 1) ms += exponential(meanMs / erlangStages)
      return ms
    },
  }
}

/** Something that only so many can have at a time, first come, first served: cores, a thread, connections, a row's lock. */
export type Station = {
  readonly take: () => Activity
  readonly give: () => void
  /** Has one of it for a while. */
  readonly use: (ms: number) => Activity
  /** The share of it that was taken since `forget`, or since the beginning. */
  readonly utilisation: () => number
  readonly forget: () => void
}

export const createStation = (
  { nowMs, pause }: Pick<Simulation, 'nowMs' | 'pause'>,
  places: number,
): Station => {
  const waiting = createQueue<() => void>()
  let taken = 0
  let takenMs = 0
  let changedAtMs = nowMs()
  let sinceMs = nowMs()
  const count = (change: -1 | 0 | 1): void => {
    takenMs += taken * (nowMs() - changedAtMs)
    changedAtMs = nowMs()
    taken += change
  }
  const take = function* (): Activity {
    if (taken < places) count(1)
    else yield resume => waiting.add(resume)
  }
  // n.b. a place that is passed on stays taken, so that nobody who comes later gets it before
  const give = (): void => {
    const next = waiting.take()
    if (next === undefined) count(-1)
    else next()
  }
  return {
    take,
    give,
    use: function* (ms) {
      yield* take()
      yield* pause(ms)
      give()
    },
    utilisation: () => {
      count(0)
      return takenMs / (places * (nowMs() - sinceMs))
    },
    forget: () => {
      count(0)
      takenMs = 0
      sinceMs = nowMs()
    },
  }
}

/** The log of a database: one flush is under way at a time, and whoever commits meanwhile waits for the next one. */
export type Log = Pick<Station, 'utilisation' | 'forget'> & { readonly commit: () => Activity }

export const createLog = (simulation: Simulation, flushMs: number): Log => {
  const disk = createStation(simulation, 1)
  let waiting: (() => void)[] = []
  let isFlushing = false
  const takeWaiting = (): readonly (() => void)[] => {
    const taken = waiting
    waiting = []
    return taken
  }
  const flush = function* (): Activity {
    isFlushing = true
    let flushed = takeWaiting()
    while (flushed.length > 0) {
      yield* disk.use(simulation.around(flushMs))
      const committed = flushed
      // n.b. the next flush begins at once: whoever goes on now and commits again is too late for it
      flushed = takeWaiting()
      for (const resume of committed) resume()
      if (flushed.length === 0) flushed = takeWaiting()
    }
    isFlushing = false
  }
  return {
    utilisation: disk.utilisation,
    forget: disk.forget,
    commit: function* () {
      yield resume => {
        waiting.push(resume)
        if (!isFlushing) simulation.begin(flush())
      }
    },
  }
}

/**
 * Works through what arrives, as much together as has come, up to `most`; `workers` of them at the same time. A batch is
 * the first one if nothing was being worked on when it came.
 */
export const createBatches = <Item>(
  simulation: Pick<Simulation, 'begin'>,
  { most, workers }: { readonly most: number; readonly workers: number },
  work: (batch: readonly Item[], isFirst: boolean) => Activity,
): { readonly add: (items: readonly Item[]) => void } => {
  const waiting = createQueue<Item>()
  let working = 0
  const worker = function* (isFirst: boolean): Activity {
    for (let isNext = false; ; isNext = true) {
      const batch: Item[] = []
      for (let item = waiting.take(); item !== undefined; item = waiting.take()) {
        batch.push(item)
        if (batch.length === most) break
      }
      if (batch.length === 0) break
      yield* work(batch, isFirst && !isNext)
    }
    working -= 1
  }
  return {
    add: items => {
      for (const item of items) waiting.add(item)
      if (working === workers || items.length === 0) return
      working += 1
      simulation.begin(worker(working === 1))
    },
  }
}

/** First in, first out; taking costs the same however many wait. */
const createQueue = <Item>() => {
  let items: Item[] = []
  let head = 0
  return {
    add: (item: Item): void => void items.push(item),
    take: (): Item | undefined => {
      const item = items[head]
      if (item === undefined) return undefined
      head += 1
      if (head > 1_000 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}

type Event = { readonly atMs: number; readonly order: number; readonly resume: () => void }

/** The events to come, the earliest first; of two at the same moment the one that was added first. */
const createHeap = () => {
  const heap: Event[] = []
  let added = 0
  const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  const takeFirst = (): Event | undefined => {
    const first = heap[0]
    const moved = heap.pop()
    if (first === undefined || moved === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      const leftIndex = 2 * index + 1
      const left = heap[leftIndex]
      const right = heap[leftIndex + 1]
      if (left === undefined) break
      const [child, childIndex] =
        right !== undefined && isBefore(right, left) ? [right, leftIndex + 1] : [left, leftIndex]
      if (!isBefore(child, moved)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = moved
    return first
  }
  return {
    add: (atMs: number, resume: () => void): void => {
      const event = { atMs, order: added, resume }
      added += 1
      let index = heap.length
      while (index > 0) {
        const parentIndex = (index - 1) >> 1
        const parent = heap[parentIndex]
        if (parent === undefined || isBefore(parent, event)) break
        heap[index] = parent
        index = parentIndex
      }
      heap[index] = event
    },
    takeUntil: (endsAtMs: number): Event | undefined => {
      const first = heap[0]
      return first === undefined || first.atMs > endsAtMs ? undefined : takeFirst()
    },
  }
}
