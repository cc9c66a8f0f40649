import { Graph, layout } from '@dagrejs/dagre'
import type { Edge, Part } from '../system-map.ts'

/** A part on the map, by its middle. */
export type PlacedPart = {
  readonly part: Part
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A line on the map, and the middle of what stands on it. */
export type PlacedEdge = { readonly edge: Edge; readonly points: readonly Point[]; readonly label: Point }

export type Point = { readonly x: number; readonly y: number }

export type Drawing = {
  readonly width: number
  readonly height: number
  readonly parts: readonly PlacedPart[]
  readonly edges: readonly PlacedEdge[]
}

/** Gives each part of the map its place, from left to right, or from top to bottom if there is little room. */
export const drawMap = (parts: readonly Part[], edges: readonly Edge[], direction: 'LR' | 'TB'): Drawing => {
  const boxes = parts.map(part => ({ id: part.id, part, ...sizeOf(part) }))
  const { placed, lines, width, height } = layOut(boxes, edges, direction)
  const labelled = placeLabels(lines, placed)
  const bottom = Math.max(...labelled.map(({ label }) => label.y)) + labelSize.height / 2
  return { width, height: Math.max(height, bottom + margin), parts: placed, edges: labelled }
}

/** The size of two short lines of text. */
const labelSize = { width: 62, height: 34 }
/** Where along its line a label may stand, best first. */
const labelPlaces = [0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8, 0.85, 0.9]

/** Gives each line a place for its label where it covers no box and no label before it, if there is one. */
const placeLabels = <L extends { readonly points: readonly Point[] }>(
  lines: readonly L[],
  boxes: readonly Area[],
): readonly (L & { readonly label: Point })[] => {
  const taken = [...boxes]
  return lines.map(line => {
    const places = labelPlaces.map(share => ({ ...pointAlong(line.points, share), ...labelSize }))
    const free = places.find(place => !taken.some(area => areOverlapping(place, area)))
    const label = free ?? { ...pointAlong(line.points, 0.5), ...labelSize }
    taken.push(label)
    return { ...line, label: { x: label.x, y: label.y } }
  })
}

type Area = Point & { readonly width: number; readonly height: number }

const areOverlapping = (a: Area, b: Area): boolean =>
  Math.abs(a.x - b.x) * 2 < a.width + b.width && Math.abs(a.y - b.y) * 2 < a.height + b.height

/** The point of a line at this share of its length. */
const pointAlong = (points: readonly Point[], share: number): Point => {
  const pieces = points.slice(1).map((to, index) => ({ from: points[index] ?? to, to }))
  const lengthOf = ({ from, to }: { readonly from: Point; readonly to: Point }) =>
    Math.hypot(to.x - from.x, to.y - from.y)
  let left = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0) * share
  for (const piece of pieces) {
    const length = lengthOf(piece)
    if (left <= length) {
      const part = length === 0 ? 0 : left / length
      return {
        x: piece.from.x + (piece.to.x - piece.from.x) * part,
        y: piece.from.y + (piece.to.y - piece.from.y) * part,
      }
    }
    left -= length
  }
  return points.at(-1) ?? { x: 0, y: 0 }
}

type Box = { readonly id: string; readonly width: number; readonly height: number }
type Line = { readonly source: string; readonly target: string; readonly kind: string }

/** Gives boxes their places by their middles, and the lines between them their points. */
export const layOut = <B extends Box, L extends Line>(
  boxes: readonly B[],
  edges: readonly L[],
  direction: 'LR' | 'TB',
) => {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: direction, nodesep: 20, ranksep: 72, marginx: margin, marginy: margin })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height })
  for (const { source, target, kind } of edges) graph.setEdge(source, target, {}, kind)
  layout(graph)
  const placed = boxes.map(box => ({ ...box, ...placeOf(graph.node(box.id)) }))
  const lines = edges.map(edge => ({
    edge,
    points: graph.edge(edge.source, edge.target, edge.kind).points ?? [],
  }))
  // n.b. lines may lead outside of what the layout takes for its size
  const corners = placed.map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))
  const all = [...corners, ...lines.flatMap(({ points }) => points)]
  return {
    width: Math.max(...all.map(({ x }) => x)) + margin,
    height: Math.max(...all.map(({ y }) => y)) + margin,
    placed,
    lines,
  }
}

const margin = 12

const placeOf = ({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Point => ({ x, y })

const sizeOf = ({ kind, title }: Part) => ({
  width: kind === 'queue' ? title.length * 6.4 + 20 : 124,
  height: kind === 'queue' ? 34 : 52,
})

/** A curve through points. */
export const pathThrough = (points: readonly Point[]): string => {
  const [first, ...others] = points
  if (first === undefined) return ''
  const bends = others.slice(0, -1).map((point, index) => {
    const next = others[index + 1] ?? point
    const isLast = index === others.length - 2
    const end = isLast ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 }
    return `Q ${point.x} ${point.y} ${end.x} ${end.y}`
  })
  const last = others.at(-1)
  const straight = bends.length === 0 && last !== undefined ? [`L ${last.x} ${last.y}`] : bends
  return [`M ${first.x} ${first.y}`, ...straight].join(' ')
}
