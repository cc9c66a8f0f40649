import type { QueryPlan } from '../traces/plan.ts'
import { always, drawPlan } from './plan-graph.ts'
import { writeSvg } from './svg.ts'

/** What an operation fetches from which subgraph, and what waits for what, as a drawing for a document. */
export const planSvg = (name: string, plan: QueryPlan): string => {
  const { width, height, placed, lines } = drawPlan(name, plan)
  return writeSvg({
    title: `What ${name} fetches`,
    width,
    height,
    lines: lines.map(({ edge: { source, target, kind }, points }) => ({
      points,
      isDashed: kind !== always,
      title: `${source} → ${target}: ${kind}`,
    })),
    boxes: placed.map(({ isEnd, ...box }) => ({
      ...box,
      look: isEnd ? ('round' as const) : ('usual' as const),
    })),
  })
}
