import type { FetchStep, PlanStep, QueryPlan } from '../traces/plan.ts'
import { fetchesIn } from '../traces/plan.ts'

/** A plan as a sequence diagram in Mermaid, for a document. */
export const mermaidOfPlan = (name: string, plan: QueryPlan): string => {
  const subgraphs = [...new Set(fetchesIn(plan).map(({ subgraph }) => subgraph))]
  return [
    'sequenceDiagram',
    ...['client', 'gateway', ...subgraphs].map(participant => `  participant ${participant}`),
    `  client->>gateway: ${wordsOf(name)}`,
    ...(plan.events === null ? [] : [`  ${plan.events.subgraph}-->>gateway: event`]),
    ...(plan.steps === null ? [] : linesOf(plan.steps, '  ')),
    '  gateway-->>client: answer',
  ].join('\n')
}

const linesOf = (step: PlanStep, indent: string): readonly string[] => {
  switch (step.kind) {
    case 'fetch':
      return [`${indent}gateway->>${step.subgraph}: ${labelOf(step)}`]
    case 'sequence':
      return step.nodes.flatMap(inner => linesOf(inner, indent))
    case 'parallel':
      return [
        ...step.nodes.flatMap((inner, index) => [
          `${indent}${index === 0 ? 'par' : 'and'} ${index + 1}`,
          ...linesOf(inner, `${indent}  `),
        ]),
        `${indent}end`,
      ]
    case 'condition':
      return [
        ...clause(`if ${step.variable}`, step.ifTrue, indent),
        ...clause(`unless ${step.variable}`, step.ifFalse, indent),
      ]
    default:
      return step satisfies never
  }
}

const clause = (label: string, step: PlanStep | null, indent: string): readonly string[] =>
  step === null ? [] : [`${indent}opt ${label}`, ...linesOf(step, `${indent}  `), `${indent}end`]

const shownKeys = 4

const labelOf = ({ path, brings }: FetchStep): string => {
  const keys = [...new Set(brings.map(each => each.split('.')[0] ?? ''))]
  const more = keys.length > shownKeys ? ' …' : ''
  const at = path.filter(key => key !== '@').join('.')
  return wordsOf(`${at === '' ? '' : `${at}: `}${keys.slice(0, shownKeys).join(', ')}${more}`)
}

/** n.b. a semicolon or a hash ends a line of Mermaid. */
const wordsOf = (text: string): string => text.replaceAll(/[;#\n]/g, ' ')
