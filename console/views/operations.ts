import type { DataSource } from 'typeorm'
import { findPlans } from '../database/plan-store.ts'
import { readUsesOf } from '../database/use-store.ts'
import { mermaidOfPlan } from '../graph/plan-mermaid.ts'
import { planSvg } from '../graph/plan-svg.ts'
import type { RecordedOperationView } from '../pages/views.ts'
import { readPlan } from '../traces/query-plan.ts'
import type { RecordedOperations } from './recorded-operations.ts'
import type { View } from './view.ts'

/** The views of recorded operations: their documents, who runs them, and what they fetch, also as diagrams for documents. */
export const createOperationViews = (
  database: DataSource,
  operations: RecordedOperations,
): readonly View[] => {
  const read = async (name: string): Promise<RecordedOperationView | undefined> => {
    const operation = operations.named(name)
    if (operation === undefined) return undefined
    const uses = await readUsesOf(database, name)
    const clients = [...new Set(uses.map(({ client }) => client))].map(client => {
      const own = uses.filter(use => use.client === client)
      return {
        client,
        uses: own.reduce((sum, use) => sum + use.uses, 0),
        lastAt: own[0]?.lastAt ?? '',
      }
    })
    return { operation, plan: (await readLatestPlan(uses)) ?? null, uses: clients }
  }

  /** n.b. a plan may be too large to be told, or told before the console began. */
  const readLatestPlan = async (uses: readonly { readonly planId: string }[]) => {
    const ids = [...new Set(uses.slice(0, 10).map(({ planId }) => planId))]
    const texts = await findPlans(database, ids)
    const id = ids.find(each => texts.has(each))
    return id === undefined ? undefined : readPlan(id, texts.get(id) ?? '')
  }

  const readPlanOf = async (name: string) => (await read(name))?.plan ?? undefined

  return [
    {
      path: /^\/schema\/operations\/(\w+)\.svg$/,
      mediaType: 'image/svg+xml',
      read: async name => {
        const plan = await readPlanOf(name)
        return plan && planSvg(name, plan)
      },
    },
    {
      path: /^\/schema\/operations\/(\w+)\.mmd$/,
      mediaType: 'text/plain',
      read: async name => {
        const plan = await readPlanOf(name)
        return plan && `${mermaidOfPlan(name, plan)}\n`
      },
    },
    { path: /^\/schema\/operations\/(\w+)$/, read },
  ]
}
