import { slowUs } from './database/prune.ts'
import type { Span } from './traces/span.ts'
import { entryOf } from './traces/summary.ts'

/** Spans of one trace that came together; `bytes` is about what they took on the wire. */
export type Piece = { readonly traceId: string; readonly spans: readonly Span[]; readonly bytes: number }

/** Decides at the door what is stored while more comes than the store can keep. */
export type Admission = {
  /** Returns what is to be stored now: all of it unless it is crowded, with what was held back of the same traces. */
  readonly admit: (pieces: readonly Piece[], isCrowded: boolean) => readonly Piece[]
  /** Ends the wait of what was held back for long enough; returns what of it is to be stored. */
  readonly release: () => readonly Piece[]
  /** How many spans were left out for good. */
  readonly leftOut: () => number
}

/** While it is crowded, what is quick and did not fail gets in up to so many spans a second. */
const spansPerSecond = 1_000
/** As many traces of each operation get in beyond that, so that a frequent one does not hide a rare one. */
const tracesPerOperation = 3
const mostPerSecond = 3_000
// n.b. processes send once a second: an error may come that long after the first spans of its trace
const holdMs = 1_200
const maxHeldBytes = 8 * 1024 * 1024
const rememberedTraces = 10_000

/** Creates an admission; `now` is a clock in milliseconds. */
export const createAdmission = (now: () => number = () => performance.now()): Admission => {
  const admitted = createRecentIds(rememberedTraces)
  const budget = createBudget(now)
  let [fresh, older]: readonly [Held, Held] = [new Map(), new Map()]
  let [freshBytes, freshSinceMs, leftOut] = [0, now(), 0]

  const takeHeld = (traceId: string): readonly Piece[] =>
    [older, fresh].flatMap(held => {
      const pieces = held.get(traceId)
      held.delete(traceId)
      return pieces?.map(({ piece }) => piece) ?? []
    })
  const letIn = (piece: Piece): readonly Piece[] => {
    admitted.add(piece.traceId)
    const pieces = [...takeHeld(piece.traceId), piece]
    budget.spend(countSpans(pieces))
    return pieces
  }
  const hold = (piece: Piece, isRefused: boolean): void => {
    const pieces = fresh.get(piece.traceId)
    if (pieces === undefined) fresh.set(piece.traceId, [{ piece, isRefused }])
    else pieces.push({ piece, isRefused })
    freshBytes += piece.bytes
  }
  const rotate = (): readonly Piece[] => {
    const over = older
    older = fresh
    fresh = new Map()
    freshBytes = 0
    freshSinceMs = now()
    return [...over.values()].flatMap(held => {
      const pieces = held.map(({ piece }) => piece)
      // n.b. the span that began the trace was not among these: it may be one that nobody records
      const [{ traceId = '' } = {}] = pieces
      if (!held.some(({ isRefused }) => isRefused) && budget.hasRoom()) {
        admitted.add(traceId)
        budget.spend(countSpans(pieces))
        return pieces
      }
      leftOut += countSpans(pieces)
      return []
    })
  }

  return {
    admit: (pieces, isCrowded) => {
      const stored: Piece[] = []
      for (const piece of pieces) {
        const decision = isCrowded && !admitted.has(piece.traceId) ? decide(piece, budget) : 'in'
        if (decision === 'in') stored.push(...letIn(piece))
        else hold(piece, decision === 'out')
        if (freshBytes > maxHeldBytes) stored.push(...rotate())
      }
      return stored
    },
    release: () => (now() - freshSinceMs < holdMs ? [] : rotate()),
    leftOut: () => leftOut,
  }
}

/** What waits by its trace. Refused is what had its turn; the rest lacks the span that began its trace. */
type Held = Map<string, { readonly piece: Piece; readonly isRefused: boolean }[]>

const decide = ({ spans }: Piece, budget: ReturnType<typeof createBudget>): 'in' | 'out' | 'open' => {
  if (spans.some(({ error }) => error !== null)) return 'in'
  const entry = entryOf(spans)
  if (entry === undefined) return 'open'
  if (entry.isFailed || entry.durationUs >= slowUs) return 'in'
  return budget.allows(`${entry.service} ${entry.name}`) ? 'in' : 'out'
}

const countSpans = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { spans }) => sum + spans.length, 0)

/** What may still get in within the second. */
const createBudget = (now: () => number) => {
  const traces = new Map<string, number>()
  let [sinceMs, spent] = [now(), 0]
  const renew = (): void => {
    if (now() - sinceMs < 1_000) return
    sinceMs = now()
    spent = 0
    traces.clear()
  }
  const hasRoom = (): boolean => {
    renew()
    return spent < spansPerSecond
  }
  return {
    hasRoom,
    spend: (spans: number): void => {
      renew()
      spent += spans
    },
    allows: (operation: string): boolean => {
      const before = hasRoom() ? 0 : (traces.get(operation) ?? 0)
      if (before >= tracesPerOperation || spent >= mostPerSecond) return false
      traces.set(operation, (traces.get(operation) ?? 0) + 1)
      return true
    },
  }
}

/** Remembers at least the latest `count` ids, and at most twice as many. */
const createRecentIds = (count: number) => {
  let [latest, before]: readonly [Set<string>, Set<string>] = [new Set(), new Set()]
  return {
    has: (id: string): boolean => latest.has(id) || before.has(id),
    add: (id: string): void => {
      latest.add(id)
      if (latest.size < count) return
      before = latest
      latest = new Set()
    },
  }
}
