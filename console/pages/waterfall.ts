import { useMemo, useState } from 'preact/hooks'
import type { LogLine } from '../traces/log-line.ts'
import type { Span } from '../traces/span.ts'
import { formatDuration } from './format.ts'
import { html } from './html.ts'
import { moveFocus, useKeys } from './keys.ts'
import { colourOf } from './parts.ts'
import { createScale, rowsOf, type Scale, ticksOf, type WaterfallRow } from './timeline.ts'

const rowsAtOnce = 500

/** The spans of a trace as bars over time; what `found` does not hold is pale, unless `found` is null. */
export const Waterfall = ({
  spans,
  linesOf,
  hidesIdle,
  found,
  selected,
  onSelect,
}: {
  readonly spans: readonly Span[]
  /** The lines of the logs by the span in which they were written. */
  readonly linesOf: ReadonlyMap<string, readonly LogLine[]>
  readonly hidesIdle: boolean
  readonly found: ReadonlySet<string> | null
  readonly selected: string | null
  readonly onSelect: (spanId: string) => void
}) => {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const [limit, setLimit] = useState(rowsAtOnce)
  const rows = useMemo(() => rowsOf(spans, collapsed), [spans, collapsed])
  const scale = useMemo(() => createScale(spans, hidesIdle), [spans, hidesIdle])
  const toggle = (spanId: string) => {
    const changed = new Set(collapsed)
    if (!changed.delete(spanId)) changed.add(spanId)
    setCollapsed(changed)
  }
  useKeys({
    j: () => moveFocus('.waterfall .open', 1),
    k: () => moveFocus('.waterfall .open', -1),
    ArrowDown: () => moveFocus('.waterfall .open', 1),
    ArrowUp: () => moveFocus('.waterfall .open', -1),
  })
  return html`
    <div class="waterfall" role="treegrid" aria-label="Spans">
      <${Ruler} scale=${scale} />
      ${rows.slice(0, limit).map(row => {
        const { spanId } = row.span
        return html`<${Row} key=${spanId} row=${row} lines=${linesOf.get(spanId) ?? []} scale=${scale} isCollapsed=${collapsed.has(spanId)}
          isPale=${found !== null && !found.has(spanId)} isSelected=${spanId === selected}
          onToggle=${() => toggle(spanId)} onSelect=${() => onSelect(spanId)} />`
      })}
      ${rows.length > limit && html`<p class="pages"><button onClick=${() => setLimit(limit + rowsAtOnce)}>${rows.length - limit} more</button></p>`}
    </div>
  `
}

const Ruler = ({ scale }: { readonly scale: Scale }) => html`
  <div class="ruler" aria-hidden="true">
    <span></span>
    <span class="bars">
      ${ticksOf(scale).map(
        us =>
          html`<i class="tick" style=${{ left: `${scale.positionOf(scale.startUs + us) * 100}%` }}>${formatDuration(us)}</i>`,
      )}
      ${scale.gaps.map(({ fromUs, toUs }) => {
        const [from, to] = [scale.positionOf(fromUs), scale.positionOf(toUs)]
        return html`<i class="idle" title="nothing happened" style=${{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}><b>${formatDuration(toUs - fromUs)}</b></i>`
      })}
    </span>
  </div>
`

const Row = ({
  row: { span, depth, below },
  lines,
  scale,
  isCollapsed,
  isPale,
  isSelected,
  onToggle,
  onSelect,
}: {
  readonly row: WaterfallRow
  readonly lines: readonly LogLine[]
  readonly scale: Scale
  readonly isCollapsed: boolean
  readonly isPale: boolean
  readonly isSelected: boolean
  readonly onToggle: () => void
  readonly onSelect: () => void
}) => {
  const [from, to] = [scale.positionOf(span.startUs), scale.positionOf(span.startUs + span.durationUs)]
  const classes = ['span', isPale && 'pale', isSelected && 'selected', span.error !== null && 'failed']
  return html`
    <div class=${classes.filter(Boolean).join(' ')} role="row" aria-level=${depth + 1}>
      <span class="name" role="gridcell" style=${{ '--depth': depth }}>
        ${
          below > 0
            ? html`<button class="fold" aria-expanded=${!isCollapsed} aria-label=${isCollapsed ? 'Show what is below' : 'Hide what is below'} onClick=${onToggle}>${isCollapsed ? `+${below}` : '–'}</button>`
            : html`<i class="leaf"></i>`
        }
        <button class="open" onClick=${onSelect} title=${`${span.service}: ${span.name}`}>
          <i class="dot" style=${{ background: colourOf(span.service) }}></i><span>${span.name}</span>
        </button>
      </span>
      <span class="bars" role="gridcell" onClick=${onSelect}>
        <i class="bar" style=${{ left: `${from * 100}%`, width: `${Math.max((to - from) * 100, 0)}%`, background: colourOf(span.service) }}></i>
        <${DurationLabel} from=${from} to=${to} durationUs=${span.durationUs} />
      </span>
    </div>
    ${momentsOf(span, lines).map(
      ({ atUs, level, message }) => html`
        <div class=${isPale ? 'log pale' : 'log'} role="row">
          <span class="name" role="gridcell" title=${message} style=${{ '--depth': depth + 1 }}><b class=${level}>${level}</b><span>${message}</span></span>
          <span class="bars" role="gridcell" onClick=${onSelect}><i class=${`moment ${level}`} style=${{ left: `${scale.positionOf(atUs) * 100}%` }}></i></span>
        </div>
      `,
    )}
  `
}

/** What happened in a span: its own events, and the lines of the logs. */
const momentsOf = ({ events }: Span, lines: readonly LogLine[]) =>
  [
    ...events.map(({ name, atUs, attributes }) => ({
      atUs,
      level: 'event',
      message: String(attributes['log.message'] ?? attributes['exception.message'] ?? name),
    })),
    ...lines,
  ].toSorted((a, b) => a.atUs - b.atUs)

/** The duration behind a bar, before one that ends at the right, or within one that leaves no room. */
const DurationLabel = ({
  from,
  to,
  durationUs,
}: {
  readonly from: number
  readonly to: number
  readonly durationUs: number
}) => {
  const text = formatDuration(durationUs)
  if (to <= 0.85) return html`<b style=${{ left: `${to * 100}%` }}>${text}</b>`
  return from >= 0.15
    ? html`<b style=${{ right: `${(1 - from) * 100}%` }}>${text}</b>`
    : html`<b class="inside" style=${{ left: `${from * 100}%` }}>${text}</b>`
}
