import type { FetchStep, PlanStep, QueryPlan } from '../traces/plan.ts'
import { layOut } from './map-layout.ts'

type Node = {
  readonly id: string
  readonly title: string
  readonly note: string
  /** Whether the operation begins or ends with it. */
  readonly isEnd: boolean
  readonly width: number
  readonly height: number
}
type Arrow = { readonly source: string; readonly target: string; readonly kind: string }

/** The kind of an arrow without a condition. n.b. dagre loses an edge whose name is empty */
export const always = 'then'

/** Gives what an operation fetches its places, from left to right: what waits for something else stands to the right of it. */
export const drawPlan = (name: string, plan: QueryPlan) => {
  const { nodes, arrows } = graphOf(name, plan)
  return layOut(nodes, arrows, 'LR')
}

const graphOf = (name: string, { events, steps }: QueryPlan) => {
  const nodes: Node[] = [createNode('operation', name, '')]
  const arrows: Arrow[] = []
  const add = (fetch: FetchStep, after: readonly string[], kind: string): readonly string[] => {
    const id = `fetch ${nodes.length}`
    nodes.push(createNode(id, fetch.subgraph, noteOf(fetch)))
    arrows.push(...after.map(source => ({ source, target: id, kind })))
    return [id]
  }
  /** Returns what the next step waits for. */
  const walk = (step: PlanStep | null, after: readonly string[], kind: string): readonly string[] => {
    switch (step?.kind) {
      case undefined:
        return after
      case 'fetch':
        return add(step, after, kind)
      case 'sequence':
        return step.nodes.reduce((before, inner) => walk(inner, before, kind), after)
      case 'parallel':
        return step.nodes.flatMap(inner => walk(inner, after, kind))
      case 'condition':
        return [
          ...new Set([
            ...walk(step.ifTrue, after, `if ${step.variable}`),
            ...walk(step.ifFalse, after, `unless ${step.variable}`),
          ]),
        ]
      default:
        return step satisfies never
    }
  }
  const begun = events === null ? ['operation'] : add(events, ['operation'], always)
  const ends = walk(steps, begun, always)
  nodes.push(createNode('answer', events === null ? 'answer' : 'each event', ''))
  arrows.push(...ends.map(source => ({ source, target: 'answer', kind: always })))
  return { nodes, arrows }
}

const createNode = (id: string, title: string, note: string): Node => ({
  id,
  title,
  note,
  isEnd: id === 'operation' || id === 'answer',
  width: Math.max(90, title.length * 8 + 24, note.length * 6 + 24),
  height: note === '' ? 36 : 52,
})

const maxNoteLength = 44

/** What a fetch brings, as far as there is room for it. */
const noteOf = ({ path, brings }: FetchStep): string => {
  const keys = [...new Set(brings.map(each => each.split('.')[0] ?? ''))]
  const at = path.filter(key => key !== '@').at(-1)
  const text = `${at === undefined ? '' : `${at}: `}${keys.join(', ')}`
  return text.length > maxNoteLength ? `${text.slice(0, maxNoteLength - 1)}…` : text
}
