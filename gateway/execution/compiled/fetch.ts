import type { FetchNode } from '@apollo/query-planner'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import type { SubgraphAnswer, TakeData } from '../../subgraphs/answer.ts'
import { AnswerTooLarge } from '../../subgraphs/answer-room.ts'
import type { SubgraphClient } from '../../subgraphs/call.ts'
import { failedTogether } from '../../subgraphs/failed-together.ts'
import { combineFetches, entitiesField, namesIn, representationsVariable } from './combined.ts'
import { createIsInterface, takeAnswer } from './entity-answers.ts'
import { createFetchDocument, createRequest } from './fetch-document.ts'
import { merge } from './merge.ts'
import { entitiesAt } from './paths.ts'
import { compileRepresentations } from './representations.ts'
import { type Requested, requestEntities } from './requested.ts'
import { compilePathRewrites, compileRewrites } from './rewrites.ts'
import { type PlanPath, type PlanRun, type Step, tellError } from './run.ts'

/** What fetches are compiled with. */
export type FetchParts = {
  /** With the types of the supergraph. */
  readonly schema: GraphQLSchema
  readonly clients: ReadonlyMap<string, Pick<SubgraphClient, 'ask'>>
  /** By which spans name the fetches. */
  readonly numbers: ReadonlyMap<FetchNode, number>
}

/** A fetch at a path of the answer. */
export type FetchAt = { readonly node: FetchNode; readonly path: PlanPath }

/** Compiles a fetch that asks for no entities: what comes is merged into each object at its path. */
export const compileRootFetch = ({ node, path }: FetchAt, { schema, clients, numbers }: FetchParts): Step => {
  const { serviceName: service, variableUsages = [], outputRewrites } = node
  const document = createFetchDocument(node, [numbers.get(node)])
  const client = clientOf(clients, service)
  const rewrite = compileRewrites(schema, outputRewrites)
  const keysOf = compilePathRewrites(outputRewrites)
  return withErrors([path], async run => {
    const targets = entitiesAt(run.data, path)
    if (targets.length === 0) return
    const request = createRequest(document, variableUsages, run, { takeData: run.takeData })
    const { data, errors, text } = await client.ask(request, run.context)
    run.text = text
    for (const error of errors ?? [])
      tellError(run, error, error.path && [...path, ...keysOf(error.path)], path)
    if (data === null) return
    rewrite?.(data)
    for (const target of targets) merge(target, data)
  })
}

/** Compiles fetches of entities from one subgraph that can be done at the same time, as one request. */
export const compileEntityFetches = (fetches: readonly FetchAt[], parts: FetchParts): Step => {
  const [first, ...others] = fetches.map(fetch => compileEntityFetch(fetch, parts))
  const paths = fetches.map(({ path }) => path)
  if (first === undefined) return () => undefined
  if (others.length === 0) return withErrors(paths, run => first.askAlone(run))
  const { client } = first
  const combined = createFetchDocument(
    combineFetches(fetches.map(({ node }) => node)),
    fetches.map(({ node }) => parts.numbers.get(node)),
  )
  const usages = [...new Set(fetches.flatMap(({ node }) => node.variableUsages ?? []))]
  const all = [first, ...others].map((fetch, index) => ({ ...fetch, ...namesIn(index) }))
  return withErrors(paths, async run => {
    const asked = all.map(fetch => ({ ...fetch, requested: fetch.find(run) }))
    const wanted = asked.filter(isWanted)
    const [only, ...more] = wanted
    if (only === undefined) return
    if (more.length === 0) return only.askAlone(run, only.requested)
    const lists = asked.map(({ variable, requested }) => ({
      variable,
      representations: requested?.representations ?? [],
      count: requested?.count ?? 0,
    }))
    const answer = await client.ask(createRequest(combined, usages, run, { entities: lists }), run.context)
    if (!failedTogether(answer, wanted)) return takeAnswer(answer, wanted, run)
    await Promise.all(wanted.map(fetch => fetch.askAlone(run, fetch.requested)))
  })
}

const isWanted = <F extends { readonly requested: Requested | undefined }>(
  fetch: F,
): fetch is F & { readonly requested: Requested } => fetch.requested !== undefined

/** Compiles a fetch of entities; its parts can be used apart. */
export const compileEntityFetch = ({ node, path }: FetchAt, { schema, clients, numbers }: FetchParts) => {
  const { serviceName: service, variableUsages = [], outputRewrites } = node
  const client = clientOf(clients, service)
  const document = createFetchDocument(node, [numbers.get(node)])
  const represent = compileRepresentations(schema, node)
  const list = {
    service,
    path,
    responseKey: entitiesField,
    rewrite: compileRewrites(schema, outputRewrites),
    keysOf: compilePathRewrites(outputRewrites),
    isInterface: createIsInterface(schema),
  }
  const find = (run: PlanRun): Requested | undefined => requestEntities(run, path, represent)
  /** Asks for entities; what takes the text of an answer may leave it unread. */
  const ask = (
    run: PlanRun,
    { representations, count }: Pick<Requested, 'representations' | 'count'>,
    takeData?: TakeData,
  ): Promise<SubgraphAnswer> => {
    const entities = [{ variable: representationsVariable, representations, count }]
    return client.ask(createRequest(document, variableUsages, run, { entities, takeData }), run.context)
  }
  const askAlone = async (run: PlanRun, requested = find(run)): Promise<void> => {
    if (requested === undefined) return
    takeAnswer(await ask(run, requested), [{ ...list, requested }], run)
  }
  /** Takes an answer to what was asked for. */
  const take = (run: PlanRun, answer: SubgraphAnswer): void => {
    const requested = find(run)
    if (requested !== undefined) takeAnswer(answer, [{ ...list, requested }], run)
  }
  return { ...list, client, find, ask, askAlone, take }
}

/** Lets the rest of a plan go on if fetches at these paths throw. */
export const withErrors =
  (paths: readonly PlanPath[], step: (run: PlanRun) => Promise<void>): Step =>
  async run => {
    try {
      await step(run)
    } catch (error) {
      for (const path of paths) run.withoutPlace.push(path)
      if (error instanceof AnswerTooLarge) run.errors.push(run.context.room.refusal())
      else if (error instanceof GraphQLError) run.errors.push(error)
      else run.errors.push(new GraphQLError('a fetch failed', { originalError: errorOf(error) }))
    }
  }

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

const clientOf = (clients: FetchParts['clients'], service: string): Pick<SubgraphClient, 'ask'> => {
  const client = clients.get(service)
  if (client === undefined) throw new Error(`the plan names a subgraph that is not there: ${service}`)
  return client
}
