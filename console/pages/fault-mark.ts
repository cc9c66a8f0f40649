import type { MarkedFault } from './fault-views.ts'
import { html } from './html.ts'

const height = 18
const padding = 8
// n.b. the width of a digit at this size; a text can't be measured before it is drawn
const characterWidth = 6.2

/** The faults of a part of the map, over the upper edge of its box, whose middle is here. */
export const FaultMark = ({
  faults,
  x,
  y,
}: {
  readonly faults: readonly MarkedFault[]
  readonly x: number
  readonly y: number
}) => {
  const text = faults.map(({ mark }) => mark).join(' · ')
  const middle = y - 3
  const width = text.length * characterWidth + 2 * padding
  return html`
    <g class="fault">
      <rect x=${x - width / 2} y=${middle - height / 2} width=${width} height=${height} rx=${height / 2} />
      <text x=${x} y=${middle + 4} text-anchor="middle">${text}</text>
    </g>
  `
}
