import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Drawing, drawMap, type PlacedEdge, type PlacedPart, pathThrough } from '../graph/map-layout.ts'
import { Catalogue } from './catalogue.ts'
import { FaultMark } from './fault-mark.ts'
import type { MarkedFault } from './fault-views.ts'
import { count, formatDuration, formatRate } from './format.ts'
import { html } from './html.ts'
import { useKeys } from './keys.ts'
import { Waiting } from './parts.ts'
import { addressOf, go } from './router.ts'
import { useView } from './use-view.ts'
import type { MapView, Traffic } from './views.ts'

const windows = [1, 5, 60] as const
const narrow = 760

/** The map of the system with what passes between its parts; a click opens a part's entry in the catalogue. */
export const MapPage = ({ partId, query }: { readonly partId: string; readonly query: URLSearchParams }) => {
  const { data, trouble } = useView<MapView>(addressOf('/map', query))
  useKeys({ Escape: () => go(addressOf('/map', query)) })
  if (data === undefined) return html`<${Waiting} trouble=${trouble} />`
  const part = data.parts.find(({ id }) => id === partId)
  return html`
    <div class="head">
      <h1>Map</h1>
      <span class="note">what passed in the last</span>
      <span class="choice" role="group" aria-label="Time">
        ${windows.map(
          minutes => html`
            <a class="button" aria-current=${minutes === data.minutes ? 'true' : undefined}
              href=${addressOf(location.pathname, new URLSearchParams({ minutes: String(minutes) }))}>${minutes === 60 ? '1 h' : `${minutes} min`}</a>
          `,
        )}
      </span>
      ${data.faults.length > 0 && html`<a class="tag busy" href="/faults">${count(data.faults.length, 'fault')} on purpose</a>`}
    </div>
    <div class=${part === undefined ? 'map-page' : 'map-page with-details'}>
      <${Drawn} view=${data} selected=${partId} query=${query} />
      ${part !== undefined && html`<${Catalogue} part=${part} view=${data} query=${query} />`}
    </div>
  `
}

const Drawn = ({
  view,
  selected,
  query,
}: {
  readonly view: MapView
  readonly selected: string
  readonly query: URLSearchParams
}) => {
  const [hovered, setHovered] = useState<string | null>(null)
  const direction = innerWidth < narrow ? 'TB' : 'LR'
  const names = view.parts.map(({ id }) => id).join(' ')
  const drawing = useMemo(() => drawMap(view.parts, view.edges, direction), [names, direction])
  const focus = hovered ?? (selected === '' ? null : selected)
  const isNear = ({ source, target }: { readonly source: string; readonly target: string }) =>
    focus === null || source === focus || target === focus
  const near = new Set(view.edges.filter(isNear).flatMap(({ source, target }) => [source, target]))
  const trafficOn = ({ edge: { source, target } }: PlacedEdge) =>
    view.traffic.find(flow => flow.source === source && flow.target === target)
  const busiest = Math.max(...view.traffic.map(({ perSecond }) => perSecond), 0.001)
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => showMiddle(frame.current, drawing), [drawing])
  return html`
    <div class="map" ref=${frame} tabindex="0" role="region" aria-label="Map">
      <svg viewBox=${`0 0 ${drawing.width} ${drawing.height}`} width=${drawing.width} height=${drawing.height}>
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
            <path d="M0 0 L8 4 L0 8 z" fill="context-stroke" />
          </marker>
        </defs>
        ${drawing.edges.map(
          placed => html`<${EdgeLine} placed=${placed} traffic=${trafficOn(placed)} busiest=${busiest}
            isPale=${focus !== null && !isNear(placed.edge)} />`,
        )}
        ${drawing.edges.map(
          placed =>
            html`<${Passage} placed=${placed} traffic=${trafficOn(placed)} isPale=${focus !== null && !isNear(placed.edge)} />`,
        )}
        ${drawing.parts.map(
          placed => html`<${PartBox} placed=${placed} traffic=${view.traffic} query=${query} faults=${view.faults.filter(({ partId }) => partId === placed.part.id)} isSelected=${placed.part.id === selected}
            isPale=${focus !== null && !near.has(placed.part.id)} onHover=${setHovered} />`,
        )}
      </svg>
    </div>
  `
}

/** n.b. on a narrow screen the map is wider than its frame, and what people look for first is the gateway. */
const showMiddle = (frame: HTMLElement | null, { parts, width }: Drawing): void => {
  const gateway = parts.find(({ part }) => part.kind === 'gateway')
  if (frame === null || gateway === undefined) return
  frame.scrollLeft = (gateway.x / width) * frame.scrollWidth - frame.clientWidth / 2
}

const EdgeLine = ({
  placed: { edge, points },
  traffic,
  busiest,
  isPale,
}: {
  readonly placed: PlacedEdge
  readonly traffic: Traffic | undefined
  readonly busiest: number
  readonly isPale: boolean
}) => {
  const width = traffic === undefined ? 1 : 1.2 + 3 * Math.sqrt(traffic.perSecond / busiest)
  const classes = [
    'edge',
    edge.kind,
    traffic !== undefined && 'busy',
    traffic !== undefined && traffic.failures > 0 && 'failing',
    isPale && 'pale',
  ]
  return html`
    <g class=${classes.filter(Boolean).join(' ')}>
      <path d=${pathThrough(points)} stroke-width=${width} marker-end="url(#arrow)"><title>${titleOf(edge, traffic)}</title></path>
    </g>
  `
}

/** How often and how quickly something passes on a line; n.b. after all lines, so that none is drawn over it. */
const Passage = ({
  placed: { label },
  traffic,
  isPale,
}: {
  readonly placed: PlacedEdge
  readonly traffic: Traffic | undefined
  readonly isPale: boolean
}) =>
  traffic !== undefined &&
  html`
    <text class=${isPale ? 'passage pale' : 'passage'} text-anchor="middle">
      <tspan x=${label.x} y=${label.y - 5}>${formatRate(traffic.perSecond)}</tspan>
      <tspan x=${label.x} y=${label.y + 13}>${formatDuration(traffic.p95Us)}</tspan>
    </text>
  `

const titleOf = ({ source, target }: PlacedEdge['edge'], traffic: Traffic | undefined): string =>
  traffic === undefined
    ? `${source} → ${target}: nothing passed`
    : `${source} → ${target}: ${traffic.passages} passed, ${traffic.failures} failed, p95 ${formatDuration(traffic.p95Us)}`

const PartBox = ({
  placed: { part, x, y, width, height },
  traffic,
  query,
  faults,
  isSelected,
  isPale,
  onHover,
}: {
  readonly placed: PlacedPart
  readonly faults: readonly MarkedFault[]
  readonly traffic: readonly Traffic[]
  readonly query: URLSearchParams
  readonly isSelected: boolean
  readonly isPale: boolean
  readonly onHover: (id: string | null) => void
}) => {
  // n.b. nothing comes to clients, which only ask
  const end = part.kind === 'clients' ? 'source' : 'target'
  const flows = traffic.filter(flow => flow[end] === part.id)
  const passages = flows.reduce((sum, flow) => sum + flow.passages, 0)
  const failures = flows.reduce((sum, flow) => sum + flow.failures, 0)
  const perSecond = flows.reduce((sum, flow) => sum + flow.perSecond, 0)
  const p95Us = Math.max(0, ...flows.map(flow => flow.p95Us))
  const classes = [
    'part',
    part.kind,
    isSelected && 'selected',
    isPale && 'pale',
    failures > 0 && 'failing',
    faults.length > 0 && 'faulted',
  ]
  const isLow = part.kind === 'queue'
  return html`
    <a href=${addressOf(`/map/${part.id}`, query)} class=${classes.filter(Boolean).join(' ')} aria-label=${[`${part.kind} ${part.title}`, ...faults.map(({ effect }) => effect)].join(', ')}
      onMouseEnter=${() => onHover(part.id)} onMouseLeave=${() => onHover(null)} onFocus=${() => onHover(part.id)} onBlur=${() => onHover(null)}>
      <rect x=${x - width / 2} y=${y - height / 2} width=${width} height=${height} rx=${part.kind === 'database' ? 16 : 8} />
      <text class="title" x=${x} y=${isLow ? y + 4 : y - 4} text-anchor="middle">${part.title}</text>
      ${
        !isLow &&
        html`<text class="stats" x=${x} y=${y + 14} text-anchor="middle">
        ${passages === 0 ? (part.title.toLowerCase() === part.kind ? 'idle' : part.kind) : `${formatRate(perSecond)} · ${formatDuration(p95Us)}`}
      </text>`
      }
      ${failures > 0 && html`<text class="share" x=${x} y=${y + height / 2 + 13} text-anchor="middle">${((failures / passages) * 100).toFixed(1)} % failed</text>`}
      ${faults.length > 0 && html`<${FaultMark} faults=${faults} x=${x} y=${y - height / 2} />`}
    </a>
  `
}
