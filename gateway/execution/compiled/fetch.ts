import type { FetchNode } from '@apollo/query-planner'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, isInterfaceType } from 'graphql'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import { AnswerTooLarge } from '../../subgraphs/answer-room.ts'
import type { SubgraphClient } from '../../subgraphs/call.ts'
import { combineFetches, entitiesField, namesIn, representationsVariable } from './combined.ts'
import { createFetchDocument, createRequest } from './fetch-document.ts'
import { merge } from './merge.ts'
import { entitiesAt, type PlanPath } from './paths.ts'
import { compileRepresentations } from './representations.ts'
import { type Requested, requestEntities } from './requested.ts'
import { compileRewrites, type Rewrite } from './rewrites.ts'
import { isEntity, type Place, type PlanRun, type Step } from './run.ts'

/** What fetches are compiled with. */
export type FetchParts = {
  /** With the types of the supergraph. */
  readonly schema: GraphQLSchema
  readonly clients: ReadonlyMap<string, Pick<SubgraphClient, 'ask'>>
}

/** A fetch at a path of the answer. */
export type FetchAt = { readonly node: FetchNode; readonly path: PlanPath }

/** Compiles a fetch that asks for no entities: what comes is merged into each object at its path. */
export const compileRootFetch = ({ node, path }: FetchAt, { schema, clients }: FetchParts): Step => {
  const { serviceName: service, variableUsages = [], outputRewrites } = node
  const document = createFetchDocument(node)
  const client = clientOf(clients, service)
  const rewrite = compileRewrites(schema, outputRewrites)
  return withErrors(async run => {
    const targets = entitiesAt(run.data, path)
    if (targets.length === 0) return
    const { data, errors } = await client.ask(createRequest(document, variableUsages, run, []), run.context)
    for (const error of errors ?? []) run.errors.push(located(error, error.path && [...path, ...error.path]))
    if (data === null) return
    rewrite?.(data)
    for (const target of targets) merge(target, data)
  })
}

/** Compiles fetches of entities from one subgraph that can be done at the same time, as one request. */
export const compileEntityFetches = (fetches: readonly FetchAt[], parts: FetchParts): Step => {
  const [first, ...others] = fetches.map(fetch => compileEntityFetch(fetch, parts))
  if (first === undefined) return () => undefined
  if (others.length === 0) return withErrors(run => first.askAlone(run))
  const { service, client } = first
  const combined = createFetchDocument(combineFetches(fetches.map(({ node }) => node)))
  const usages = [...new Set(fetches.flatMap(({ node }) => node.variableUsages ?? []))]
  const all = [first, ...others].map((fetch, index) => ({ ...fetch, ...namesIn(index) }))
  return withErrors(async run => {
    const asked = all.map(fetch => ({ ...fetch, requested: fetch.find(run) }))
    const wanted = asked.filter(isWanted)
    const [only, ...more] = wanted
    if (only === undefined) return
    if (more.length === 0) return only.askAlone(run, only.requested)
    const lists = asked.map(({ variable, requested }) => ({
      variable,
      representations: requested?.representations ?? [],
    }))
    const answer = await client.ask(createRequest(combined, usages, run, lists), run.context)
    takeErrors(answer, new Map(wanted.map(fetch => [fetch.responseKey, fetch.requested])), run)
    for (const fetch of wanted) takeEntities(answer, fetch, { service, run })
  })
}

const isWanted = <F extends { readonly requested: Requested | undefined }>(
  fetch: F,
): fetch is F & { readonly requested: Requested } => fetch.requested !== undefined

const compileEntityFetch = ({ node, path }: FetchAt, { schema, clients }: FetchParts) => {
  const { serviceName: service, variableUsages = [], outputRewrites } = node
  const client = clientOf(clients, service)
  const document = createFetchDocument(node)
  const represent = compileRepresentations(schema, node)
  const rewrite = compileRewrites(schema, outputRewrites)
  const isInterface = (type: unknown) => typeof type === 'string' && isInterfaceType(schema.getType(type))
  const find = (run: PlanRun): Requested | undefined => requestEntities(run, path, represent)
  const askAlone = async (run: PlanRun, requested = find(run)): Promise<void> => {
    if (requested === undefined) return
    const { representations } = requested
    const lists = [{ variable: representationsVariable, representations }]
    const answer = await client.ask(createRequest(document, variableUsages, run, lists), run.context)
    if (answer.errors !== undefined) takeErrors(answer, new Map([[entitiesField, requested]]), run)
    takeEntities(answer, { responseKey: entitiesField, requested, rewrite, isInterface }, { service, run })
  }
  return { service, client, rewrite, isInterface, find, askAlone }
}

/** Lets the rest of a plan go on if a fetch throws. */
const withErrors =
  (step: (run: PlanRun) => Promise<void>): Step =>
  async run => {
    try {
      await step(run)
    } catch (error) {
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

/** Takes the errors of an answer, each to all the places of the entity that it is about. */
const takeErrors = (
  { errors = [] }: SubgraphAnswer,
  requested: ReadonlyMap<string, Requested>,
  run: PlanRun,
): void => {
  for (const error of errors) {
    const [key, index, ...inside] = error.path ?? []
    const entities = requested.get(String(key))
    if (entities === undefined || typeof index !== 'number') run.errors.push(located(error, undefined))
    else for (const place of entities.placesOf(index)) run.errors.push(located(error, [...place, ...inside]))
  }
}

/** Merges the entities of an answer into the objects that they complete. */
const takeEntities = (
  { data, errors = [], bytes = 0 }: SubgraphAnswer,
  {
    responseKey,
    requested,
    rewrite,
    isInterface,
  }: {
    readonly responseKey: string
    readonly requested: Requested
    readonly rewrite: Rewrite | undefined
    readonly isInterface: (type: unknown) => boolean
  },
  { service, run }: { readonly service: string; readonly run: PlanRun },
): void => {
  if (data === null) return
  const { targets, count } = requested
  const { [responseKey]: entities } = data
  if (!Array.isArray(entities) || entities.length !== targets.length) {
    const message = `${service} answered with other entities than it was asked for.`
    run.errors.push(serviceFault(service, 'INVALID_ANSWER', message))
    return
  }
  // n.b. an entity that is in several places is written as often
  if (count > targets.length) run.context.room.take(Math.ceil(bytes * (count / targets.length - 1)))
  rewrite?.(entities)
  const unknown: number[] = []
  for (const [index, own] of targets.entries()) {
    const entity: unknown = entities[index]
    if (!isEntity(entity)) unknown.push(index)
    else {
      // n.b. a subgraph that knows entities by an interface object gives the interface's name as their type
      if (isInterface(entity.__typename)) delete entity.__typename
      for (const target of own) merge(target, entity)
    }
  }
  if (unknown.length > 0) reportUnknown(unknown, { service, run, requested, responseKey, errors })
}

/** Says of entities that are null that the subgraph does not know them, unless the subgraph has said why. */
const reportUnknown = (
  indexes: readonly number[],
  {
    service,
    run,
    requested,
    responseKey,
    errors,
  }: {
    readonly service: string
    readonly run: PlanRun
    readonly requested: Requested
    readonly responseKey: string
    readonly errors: readonly GraphQLFormattedError[]
  },
): void => {
  if (errors.some(({ path }) => path === undefined || path.length < 2)) return
  const explained = new Set(errors.map(({ path = [] }) => (path[0] === responseKey ? path[1] : undefined)))
  const message = `${service} does not know what is asked of it here.`
  for (const index of indexes.filter(each => !explained.has(each)))
    for (const place of requested.placesOf(index))
      run.errors.push(serviceFault(service, 'ENTITY_NOT_FOUND', message, place))
}

const serviceFault = (service: string, code: string, message: string, path?: Place): GraphQLError =>
  new GraphQLError(message, { path, extensions: { code, service } })

const located = ({ message, extensions }: GraphQLFormattedError, path: Place | undefined): GraphQLError =>
  new GraphQLError(message, { path, extensions })
