import type { LogLine } from '../traces/log-line.ts'
import type { Span } from '../traces/span.ts'

/** A span in the waterfall. */
export type WaterfallRow = {
  readonly span: Span
  readonly depth: number
  /** The number of spans below it. */
  readonly below: number
}

/** A span of time in which nothing happened. */
export type Gap = { readonly fromUs: number; readonly toUs: number }

/** Where moments lie between the left, 0, and the right, 1. */
export type Scale = {
  readonly positionOf: (us: number) => number
  readonly gaps: readonly Gap[]
  readonly startUs: number
  /** Without the time that is hidden. */
  readonly shownUs: number
}

/** The spans as a tree in rows, each parent before its children; the children of what is collapsed are left out. */
export const rowsOf = (
  spans: readonly Span[],
  collapsed: ReadonlySet<string> = new Set(),
): readonly WaterfallRow[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const isRoot = ({ parentSpanId }: Span) => parentSpanId === null || !known.has(parentSpanId)
  const children = Map.groupBy(spans, span => (isRoot(span) ? null : span.parentSpanId))
  const rows: WaterfallRow[] = []
  const visited = new Set<string>()
  const visit = (span: Span, depth: number, isShown: boolean): number => {
    // n.b. a foreign sender may give a span itself as a parent
    if (visited.has(span.spanId)) return 0
    visited.add(span.spanId)
    const at = rows.length
    const below = (children.get(span.spanId) ?? []).reduce(
      (sum, child) => sum + 1 + visit(child, depth + 1, isShown && !collapsed.has(span.spanId)),
      0,
    )
    if (isShown) rows.splice(at, 0, { span, depth, below })
    return below
  }
  for (const root of children.get(null) ?? []) visit(root, 0, true)
  return rows
}

/** A gap is hidden if it is longer than this and than a twentieth of the time in which something happens. */
const minGapUs = 1_000
const gapShare = 0.05
/** How wide a hidden gap is, as a share of the time that is shown. */
const gapWidth = 0.02

/** Lays the time of spans out; with `hidesIdle` each long gap in which no span runs is as narrow as all others. */
export const createScale = (spans: readonly Span[], hidesIdle: boolean): Scale => {
  const busy = busyTimes(spans)
  const startUs = Math.min(...spans.map(span => span.startUs))
  const endUs = Math.max(...spans.map(span => span.startUs + span.durationUs), startUs + 1)
  const busyUs = busy.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0)
  const gaps = hidesIdle
    ? gapsBetween(busy).filter(gap => lengthOf(gap) > Math.max(minGapUs, busyUs * gapShare))
    : []
  const hiddenUs = gaps.reduce((sum, gap) => sum + lengthOf(gap), 0)
  const shownUs = Math.max(endUs - startUs - hiddenUs, 1)
  const widthUs = shownUs * gapWidth
  const totalUs = shownUs + gaps.length * widthUs
  const positionOf = (us: number): number => {
    let shift = 0
    for (const gap of gaps) {
      const passed = Math.min(Math.max(us - gap.fromUs, 0), lengthOf(gap))
      shift += (passed / lengthOf(gap)) * widthUs - passed
    }
    return Math.min(Math.max((us - startUs + shift) / totalUs, 0), 1)
  }
  return { positionOf, gaps, startUs, shownUs }
}

/** A ruler has as many ticks as this, or fewer. */
const mostTicks = 5
/** The room that a tick's label needs, as a share of the ruler. */
const tickShare = 0.1

/** The ticks of a ruler: round times since the start, in µs, up to the first gap. */
export const ticksOf = ({ positionOf, gaps, startUs, shownUs }: Scale): readonly number[] => {
  const stepUs = roundStep(shownUs / mostTicks)
  const [gap] = gaps
  // n.b. a gap has a label of its own over its middle
  const end = gap === undefined ? 1 : positionOf((gap.fromUs + gap.toUs) / 2) - tickShare / 2
  return Array.from({ length: mostTicks }, (_, index) => index * stepUs).filter(
    us => (gap === undefined || startUs + us < gap.fromUs) && positionOf(startUs + us) + tickShare <= end,
  )
}

/** The least of 1, 2 and 5 times a power of ten that is not below a number. */
const roundStep = (least: number): number => {
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5].find(digit => digit * power >= least) ?? 10)
}

const lengthOf = ({ fromUs, toUs }: Gap): number => toUs - fromUs

/** The times in which at least one span runs; n.b. a subscription runs all the time, and most often does nothing. */
const busyTimes = (spans: readonly Span[]): readonly Gap[] => {
  const busy: { fromUs: number; toUs: number }[] = []
  const running = spans.filter(({ attributes }) => attributes['graphql.operation.type'] !== 'subscription')
  for (const { startUs, durationUs } of running.toSorted((a, b) => a.startUs - b.startUs)) {
    const last = busy.at(-1)
    if (last !== undefined && startUs <= last.toUs) last.toUs = Math.max(last.toUs, startUs + durationUs)
    else busy.push({ fromUs: startUs, toUs: startUs + durationUs })
  }
  return busy
}

const gapsBetween = (busy: readonly Gap[]): readonly Gap[] =>
  busy.slice(1).flatMap((next, index) => {
    const before = busy[index]
    return before === undefined ? [] : [{ fromUs: before.toUs, toUs: next.fromUs }]
  })

/** Whether a text stands anywhere in a span, in whichever case. */
export const isFound = (span: Span, text: string): boolean => {
  const wanted = text.toLowerCase()
  const has = (value: unknown) => String(value).toLowerCase().includes(wanted)
  return (
    [span.name, span.service, span.error ?? '', span.spanId].some(has) ||
    Object.entries(span.attributes).some(([key, value]) => has(`${key}=${value}`)) ||
    span.events.some(({ name, attributes }) => has(name) || Object.values(attributes).some(has))
  )
}

/** Whether a text stands anywhere in a line of a log, in whichever case. */
export const isLineFound = ({ message, level, fields }: LogLine, text: string): boolean => {
  const wanted = text.toLowerCase()
  return [message, level, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`)].some(each =>
    each.toLowerCase().includes(wanted),
  )
}

/** The lines of the logs by their spans; those whose span is not there stand with the first span of their service, or of all. */
export const linesBySpan = (
  lines: readonly LogLine[],
  spans: readonly Span[],
): ReadonlyMap<string, readonly LogLine[]> => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  return Map.groupBy(lines, ({ spanId, service }) => {
    if (spanId !== null && known.has(spanId)) return spanId
    return (spans.find(span => span.service === service) ?? spans[0])?.spanId ?? ''
  })
}
