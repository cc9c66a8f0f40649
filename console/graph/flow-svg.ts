import type { Part, SystemMap } from '../system-map.ts'
import { drawMap } from './map-layout.ts'
import { type DrawnBox, writeSvg } from './svg.ts'

/** The parts of the system and what goes between them as a drawing for a document. */
export const flowSvg = ({ parts, edges }: SystemMap): string => {
  const { width, height, ...drawing } = drawMap(parts, edges, 'LR')
  return writeSvg({
    title: 'The parts of the system, and what goes between them',
    width,
    height,
    lines: drawing.edges.map(({ edge: { source, target, kind }, points }) => ({
      points,
      isDashed: kind === 'live' || kind === 'events',
      title: `${source} → ${target}: ${kind}`,
    })),
    boxes: drawing.parts.map(({ part: { kind, title }, ...place }) => ({
      ...place,
      title,
      note: title.toLowerCase() === kind || kind === 'queue' ? '' : kind,
      look: looks[kind] ?? 'usual',
    })),
  })
}

const looks: Partial<Record<Part['kind'], DrawnBox['look']>> = {
  gateway: 'strong',
  queue: 'small',
  database: 'round',
}
