import { type DocumentNode, Kind, parse, print, type SelectionSetNode } from 'graphql'
import { z } from 'zod'
import type { FetchStep, PlanStep, QueryPlan } from './plan.ts'
import type { Span } from './span.ts'

/** The attributes by which spans name the plan that they run, and tell it now and then. */
export const planIdKey = 'supergraph.plan.id'
export const planTextKey = 'supergraph.plan.text'

const maxPaths = 500

/** A plan that a span tells; undefined if it tells none. */
export const toldPlan = ({
  attributes: { [planIdKey]: id, [planTextKey]: text },
}: Span): { readonly id: string; readonly text: string } | undefined =>
  typeof id === 'string' && typeof text === 'string' ? { id, text } : undefined

/** The span without the plan that it tells, which is kept once for all spans. */
export const withoutPlan = (span: Span): Span => {
  const { [planTextKey]: text, ...attributes } = span.attributes
  return text === undefined ? span : { ...span, attributes }
}

const fetchStep = z.object({
  kind: z.literal('fetch'),
  number: z.int().optional(),
  subgraph: z.string(),
  path: z.array(z.string()),
  operation: z.string(),
  requires: z.string().optional(),
})

const planStep: z.ZodType<PlanStep> = z.lazy(() =>
  z.union([
    fetchStep.transform(readFetch),
    z.object({ kind: z.enum(['sequence', 'parallel']), nodes: z.array(planStep) }),
    z.object({
      kind: z.literal('condition'),
      variable: z.string(),
      ifTrue: planStep.nullable().default(null),
      ifFalse: planStep.nullable().default(null),
    }),
  ]),
)

const queryPlan = z.object({
  events: fetchStep.transform(readFetch).nullable().default(null),
  steps: planStep.nullable().default(null),
  fields: z.array(z.string()),
})

/** Reads a plan as the gateway tells it; undefined if it is none. */
export const readPlan = (id: string, text: string): QueryPlan | undefined => {
  try {
    return { id, ...queryPlan.parse(JSON.parse(text)) }
  } catch {
    return undefined
  }
}

function readFetch({ operation, number, requires, ...step }: z.output<typeof fetchStep>): FetchStep {
  const document = parse(operation, { noLocation: true })
  return {
    ...step,
    number: number ?? null,
    requires: requires ?? null,
    operation: print(document),
    brings: pathsIn(document),
  }
}

/** The paths of what a fetch brings, by response keys: those of an entity's fields below the entity. */
const pathsIn = (document: DocumentNode): readonly string[] => {
  const fragments = new Map(
    document.definitions.flatMap(definition =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  )
  const paths = new Set<string>()
  const visit = ({ selections }: SelectionSetNode, path: readonly string[]): void => {
    for (const selection of selections) {
      if (paths.size >= maxPaths) return
      if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet, path)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value)
        if (fragment !== undefined) visit(fragment.selectionSet, path)
      } else if (selection.name.value === '_entities') {
        if (selection.selectionSet !== undefined) visit(selection.selectionSet, [])
      } else if (selection.name.value !== '__typename') {
        const own = [...path, selection.alias?.value ?? selection.name.value]
        if (selection.selectionSet === undefined) paths.add(own.join('.'))
        else visit(selection.selectionSet, own)
      }
    }
  }
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) visit(definition.selectionSet, [])
  return [...paths]
}
