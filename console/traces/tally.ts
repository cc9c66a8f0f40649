import { addFlows, type Flow } from './flows.ts'
import { toldPlan } from './query-plan.ts'
import type { Span } from './span.ts'
import { addUses, type Use } from './uses.ts'

/** What spans tell beside their traces, which is counted whether or not they are stored. */
export type Tally = {
  readonly flows: readonly Flow[]
  readonly uses: readonly Use[]
  /** The texts of plans by their ids. */
  readonly plans: ReadonlyMap<string, string>
}

// n.b. they wait in memory while the database is away; an operation's name is whatever its client says
const maxKeys = 20_000
const maxPlans = 500

/** Counts what spans tell, until it is taken. */
export const createTally = () => {
  let flows = new Map<string, Flow>()
  let uses = new Map<string, Use>()
  let plans = new Map<string, string>()
  return {
    add: (spans: readonly Span[]): void => {
      addFlows(flows, spans, maxKeys)
      addUses(uses, spans, maxKeys)
      for (const span of spans) {
        const plan = toldPlan(span)
        if (plan !== undefined && (plans.size < maxPlans || plans.has(plan.id))) plans.set(plan.id, plan.text)
      }
    },
    /** What was counted since the last time; undefined if that is nothing. */
    take: (): Tally | undefined => {
      if (flows.size + uses.size + plans.size === 0) return undefined
      const taken = { flows: [...flows.values()], uses: [...uses.values()], plans }
      flows = new Map()
      uses = new Map()
      plans = new Map()
      return taken
    },
  }
}
