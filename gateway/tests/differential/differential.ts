import type { Viewer } from '@supergraph/runtime/identity.ts'
import { generateOperation } from '../../../testbed/operations.ts'
import { createRandom } from '../../../testbed/random.ts'
import { loadSupergraph } from '../../supergraph.ts'
import { difference } from './compare.ts'
import { createApollos, createOurs } from './executors.ts'
import type { Mischief } from './mischief.ts'
import { createFabricatedSubgraphs } from './subgraphs.ts'

/** How often which things go wrong. */
export const mischiefs = {
  nothing: { nulls: 0, errors: 0, lies: 0, outages: 0 },
  nulls: { nulls: 0.15, errors: 0, lies: 0, outages: 0 },
  errors: { nulls: 0.05, errors: 0.1, lies: 0, outages: 0 },
  lies: { nulls: 0.05, errors: 0.02, lies: 0.03, outages: 0 },
  outages: { nulls: 0, errors: 0, lies: 0, outages: 0.3 },
} as const satisfies Readonly<Record<string, Omit<Mischief, 'seed'>>>

/** A graph to execute operations on. */
export type Subject = {
  readonly supergraphSdl: string
  readonly subgraphs: Readonly<Record<string, string>>
  readonly viewer: Viewer
}

/** What came of many operations. */
export type Findings = {
  readonly executed: number
  /** How many of them our executor answered with data other than null. */
  readonly withData: number
  /** How many of them it answered with errors. */
  readonly withErrors: number
  /** The operations that were answered in a way that is not wanted, and how. */
  readonly differences: readonly string[]
}

/** Executes as many generated operations by our executor and by Apollo's; the same for the same seed. */
export const compareExecutors = async (
  { supergraphSdl, subgraphs: sdls, viewer }: Subject,
  {
    seed,
    count,
    kinds,
  }: { readonly seed: string; readonly count: number; readonly kinds: readonly (keyof typeof mischiefs)[] },
): Promise<Findings> => {
  const supergraph = loadSupergraph(supergraphSdl)
  const subgraphs = createFabricatedSubgraphs(sdls, supergraph.schema)
  const ours = createOurs(supergraph, subgraphs, viewer)
  const planApollos = createApollos(supergraph, subgraphs)
  const hasInterfaceObjects = supergraphSdl.includes('isInterfaceObject: true')
  const random = createRandom(seed)
  const differences: string[] = []
  let [executed, withData, withErrors] = [0, 0, 0]
  for (let index = 0; executed < count; index += 1) {
    const generated = generateOperation(random.fork(String(index)), supergraph.schema)
    const apollos = planApollos(generated)
    if (apollos === undefined) continue
    const kind = kinds[index % kinds.length] ?? 'nothing'
    const mischief = { seed: `${seed} ${index}`, ...mischiefs[kind] }
    const answers = { ours: await ours(generated, mischief), apollos: await apollos(mischief) }
    const hasLies = mischief.lies > 0
    const hasFailures = hasLies || mischief.errors + mischief.outages > 0
    const found = difference({
      schema: supergraph.schema,
      generated,
      hasFailures,
      hasLies,
      hasInterfaceObjects,
      ...answers,
    })
    if (found !== undefined) differences.push(`${kind} ${index}: ${found}\n${JSON.stringify(generated)}`)
    executed += 1
    if (answers.ours.data !== null) withData += 1
    if (answers.ours.errors.length > 0) withErrors += 1
  }
  return { executed, withData, withErrors, differences }
}
