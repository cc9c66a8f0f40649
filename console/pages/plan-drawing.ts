import { useMemo } from 'preact/hooks'
import { pathThrough } from '../graph/map-layout.ts'
import { always, drawPlan } from '../graph/plan-graph.ts'
import type { QueryPlan } from '../traces/plan.ts'
import { html } from './html.ts'

/** What an operation fetches, and what waits for what. */
export const PlanDrawing = ({ name, plan }: { readonly name: string; readonly plan: QueryPlan }) => {
  const { width, height, placed, lines } = useMemo(() => drawPlan(name, plan), [name, plan.id])
  return html`
    <svg class="drawing" viewBox=${`0 0 ${width} ${height}`} width=${width} role="img" aria-label=${`What ${name} fetches, and in which order`}>
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
          <path d="M0 0 L8 4 L0 8 z" fill="context-stroke" />
        </marker>
      </defs>
      ${lines.map(
        ({ edge: { kind }, points }) => html`
          <path class=${kind === always ? 'line' : 'line sometimes'} d=${pathThrough(points)} marker-end="url(#arrow)">${kind !== always && html`<title>${kind}</title>`}</path>
        `,
      )}
      ${placed.map(
        ({ title, note, isEnd, x, y, width: own, height: high }) => html`
          <g>
            <rect x=${x - own / 2} y=${y - high / 2} width=${own} height=${high} rx=${isEnd ? 16 : 8} />
            <text class="title" x=${x} y=${note === '' ? y + 4 : y - 3} text-anchor="middle">${title}</text>
            ${note !== '' && html`<text class="note" x=${x} y=${y + 14} text-anchor="middle">${note}</text>`}
          </g>
        `,
      )}
    </svg>
  `
}
