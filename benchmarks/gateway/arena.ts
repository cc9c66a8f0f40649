import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { z } from 'zod'
import { startTokenIssuer } from '../../testbed/token-issuer.ts'
import type { Case } from './cases.ts'
import { type Child, cores, startChild } from './child.ts'
import { composeGraph, createReference } from './graphs/graph.ts'
import { graphs } from './graphs/graphs.ts'
import type { LoadOrder } from './load/load.ts'
import { type LoadResult, loadResult } from './load/result.ts'
import { type ProgramName, programs } from './settings.ts'

/** One load on one gateway. */
export type Sample = LoadResult & { readonly cpuMs: number }

/** The gateways, all on the same subgraphs, and what asks them. */
export type Arena = Running & {
  readonly measure: (
    contender: ProgramName,
    asked: Case,
    load: Pick<LoadOrder, 'connections' | 'seconds' | 'atLeast'>,
  ) => Promise<Sample>
}

/** The most connections that any case has; each may have a viewer of its own. */
const maxConnections = 500

const urls = z.record(z.string(), z.string())
const urlsByGraph = z.record(z.string(), urls)

/** Starts the subgraphs once, each of the gateways, and the clients, in processes of their own. */
export const openArena = (
  names: readonly ProgramName[],
  { execArgv = [] }: { readonly execArgv?: readonly string[] } = {},
): Promise<Arena> =>
  startAll(async use => {
    const tokens = use(await startTokenIssuer())
    const { keys } = await createIdentityKeys(['gateway'])
    const subgraphs = use(await startChild('./subgraphs.ts', {}, { core: cores.rest }))
    const addresses = urlsByGraph.parse(subgraphs.ready)
    const supergraphs = Object.fromEntries(
      Object.entries(graphs).map(([name, graph]) => [name, composeGraph(graph, addresses[name] ?? {})]),
    )
    const settings = {
      supergraphs,
      subgraphs: callable(addresses),
      identityKey: keys.gateway,
      jwksUrl: tokens.jwksUrl,
    }
    const gateways = new Map<ProgramName, Child>()
    for (const name of names) {
      gateways.set(name, use(await startChild(programs[name], settings, { core: cores.gateway, execArgv })))
    }
    const clients = use(await startChild('./load/load.ts', {}, { core: cores.rest }))
    const viewers = await Promise.all(
      Array.from({ length: maxConnections }, (_, index) =>
        tokens.customer(`viewer${index}`, { lifetimeSeconds: 3_600 }),
      ),
    )
    const expectedOf = createExpectations(supergraphs)

    return {
      measure: async (name, asked, load) => {
        const gateway = gateways.get(name)
        if (gateway === undefined) throw new Error(`${name} was not started`)
        const order: LoadOrder = {
          url: urls.parse(gateway.ready)[asked.graph] ?? '',
          tokens: asked.reads === 'identical' ? viewers.slice(0, 1) : viewers,
          bodies: asked.requests.map(request => JSON.stringify(request)),
          expected: [...(await expectedOf(asked))],
          ...load,
        }
        await subgraphs.ask(asked.delayMs)
        const before = z.number().parse(await gateway.ask('cpu'))
        const result = loadResult.parse(await clients.ask(order))
        const after = z.number().parse(await gateway.ask('cpu'))
        return { ...result, cpuMs: (after - before) / 1_000 }
      },
    }
  })

const callable = (addresses: z.output<typeof urlsByGraph>) =>
  Object.fromEntries(
    Object.entries(graphs).map(([graph, { subgraphs }]) => [
      graph,
      Object.fromEntries(
        Object.entries(subgraphs).map(([name, sdl]) => [name, { sdl, url: addresses[graph]?.[name] ?? '' }]),
      ),
    ]),
  )

/** The right answers of each case, worked out once. */
const createExpectations = (supergraphs: Readonly<Record<string, string>>) => {
  const known = new Map<Case, Promise<readonly string[]>>()
  const work = async ({ graph, requests }: Case): Promise<readonly string[]> => {
    const answer = createReference(graphs[graph], supergraphs[graph] ?? '')
    return Promise.all(requests.map(async request => JSON.stringify(await answer(request))))
  }
  return (asked: Case): Promise<readonly string[]> => {
    const found = known.get(asked) ?? work(asked)
    known.set(asked, found)
    return found
  }
}
