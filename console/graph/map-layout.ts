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

/** A line on the map. */
export type PlacedEdge = { readonly edge: Edge; readonly points: readonly Point[] }

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
  const { placed, lines, ...size } = layOut(boxes, edges, direction)
  return { ...size, parts: placed, edges: lines }
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
