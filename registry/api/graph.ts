import { z } from 'zod'
import { readCheck } from '../database/check-store.ts'
import { listVariants } from '../database/graph-store.ts'
import type { Grant } from '../database/key-store.ts'
import { parseGraphRef } from '../graph-ref.ts'
import { Refusal } from '../refusal.ts'
import { demandGraph } from './caller.ts'
import { createCheckWorkflow } from './check-workflow.ts'
import { findOperationList } from './persisted-queries.ts'
import type { Services } from './services.ts'
import { createVariant, findVariant } from './variant.ts'

const byId = z.object({ id: z.string() })
const byName = z.object({ name: z.string() })
const byRef = z.object({ ref: z.string() })

/** The root of queries for one caller: graphql's default resolvers call its functions with the arguments of the fields. */
export const createQueryRoot = (services: Services, caller: Grant) => ({
  frontendUrlRoot: services.publicUrl,
  me: () => createGraph(services, caller.graph),
  graph: (given: unknown) => {
    const { id } = byId.parse(given)
    demandGraph(caller, id)
    return createGraph(services, id)
  },
  variant: async (given: unknown) => {
    const ref = parseGraphRef(byRef.parse(given).ref)
    if (ref === undefined)
      return { __typename: 'InvalidRefFormat', message: 'a reference is a graph and a variant: shop@current' }
    demandGraph(caller, ref.graph)
    return createVariant(services, ref.graph, await findVariant(services, ref))
  },
})

const createGraph = (services: Services, graph: string) => ({
  __typename: 'Graph',
  id: graph,
  title: graph,
  asActor: { type: 'GRAPH' },
  variants: async () =>
    (await listVariants(services.database, graph)).map(variant => createVariant(services, graph, variant)),
  variant: async (given: unknown) => {
    const ref = { graph, variant: byName.parse(given).name }
    return createVariant(services, graph, await findVariant(services, ref))
  },
  checkWorkflow: async (given: unknown) => {
    const { id } = byId.parse(given)
    const check = await readCheck(services.database, id)
    if (check?.graph !== graph) throw new Refusal('NOT_FOUND', `the graph ${graph} has no check ${id}`)
    return createCheckWorkflow(check, `${services.publicUrl}/checks/${id}`)
  },
  persistedQueryList: (given: unknown) => findOperationList(byId.parse(given).id),
})
