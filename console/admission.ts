import { slowUs } from './database/prune.ts'
import type { Span } from './traces/span.ts'
import { entryOf } from './traces/summary.ts'

/** Spans of one trace that came together; `bytes` is about what they took on the wire. */
export type Piece = { readonly traceId: string; readonly spans: readonly Span[]; readonly bytes: number }

/** Decides at the door what is stored, so that a flood neither costs much nor fills the store. */
export type Admission = {
  /** Returns what is to be stored now, with what was held back of the same traces. */
  readonly admit: (pieces: readonly Piece[]) => readonly Piece[]
  /** Ends the wait of what was held back for long enough; returns what of it is to be stored. */
  readonly release: () => readonly Piece[]
  /** How many spans were left out for good. */
  readonly leftOut: () => number
}

/** What is quick and did not fail gets in while there is room: for so many spans at once, and for so many more each second. */
const spansAtOnce = 4_000
const spansPerSecond = 250
/** How many spans a trace that was let in may take beyond the room: 4 s pass then until there is some again. */
const mostOverdrawn = 4 * spansPerSecond
/** Without room one trace of each operation gets in a second, so that a frequent one does not hide a rare one. */
const mostBeyondPerSecond = 750
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
  const letIn = (piece: Piece, decision: 'in' | 'beyond'): readonly Piece[] => {
    admitted.add(piece.traceId)
    const pieces = [...takeHeld(piece.traceId), piece]
    if (decision === 'in') budget.spend(countSpans(pieces))
    else budget.spendBeyond(countSpans(pieces))
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
    admit: pieces => {
      budget.renew()
      const stored: Piece[] = []
      for (const piece of pieces) {
        const decision = admitted.has(piece.traceId) ? 'in' : decide(piece, budget)
        if (decision === 'in' || decision === 'beyond') stored.push(...letIn(piece, decision))
        else hold(piece, decision === 'out')
        if (freshBytes > maxHeldBytes) stored.push(...rotate())
      }
      return stored
    },
    release: () => {
      if (now() - freshSinceMs < holdMs) return []
      budget.renew()
      return rotate()
    },
    leftOut: () => leftOut,
  }
}

/** What waits by its trace. Refused is what had its turn; the rest lacks the span that began its trace. */
type Held = Map<string, { readonly piece: Piece; readonly isRefused: boolean }[]>

const decide = (
  { spans }: Piece,
  budget: ReturnType<typeof createBudget>,
): 'in' | 'beyond' | 'out' | 'open' => {
  if (spans.some(({ error }) => error !== null)) return 'in'
  const entry = entryOf(spans)
  if (entry === undefined) return budget.hasRoom() ? 'in' : 'open'
  if (entry.isFailed || entry.durationUs >= slowUs) return 'in'
  if (budget.hasRoom()) return 'in'
  return budget.allowsBeyond(`${entry.service} ${entry.name}`) ? 'beyond' : 'out'
}

const countSpans = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { spans }) => sum + spans.length, 0)

/** What may still get in, as of the last `renew`. */
const createBudget = (now: () => number) => {
  const beyond = new Set<string>()
  let [room, atMs, secondSinceMs, spentBeyond] = [spansAtOnce, now(), now(), 0]
  return {
    renew: (): void => {
      const nowMs = now()
      room = Math.min(room + ((nowMs - atMs) / 1_000) * spansPerSecond, spansAtOnce)
      atMs = nowMs
      if (nowMs - secondSinceMs < 1_000) return
      secondSinceMs = nowMs
      spentBeyond = 0
      beyond.clear()
    },
    hasRoom: (): boolean => room > 0,
    // n.b. a trace gets in whole, and so does what comes of it later
    spend: (spans: number): void => {
      room = Math.max(room - spans, -mostOverdrawn)
    },
    allowsBeyond: (operation: string): boolean => {
      if (beyond.has(operation) || spentBeyond >= mostBeyondPerSecond) return false
      beyond.add(operation)
      return true
    },
    spendBeyond: (spans: number): void => {
      spentBeyond += spans
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
