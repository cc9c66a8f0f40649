import type { FetchNode } from '@apollo/query-planner'
import { maxErrors } from '@supergraph/runtime/answer-errors.ts'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import type { SubgraphAnswer } from '../../subgraphs/answer.ts'
import { AnswerTooLarge } from '../../subgraphs/answer-room.ts'
import type { FetchDocument, SubgraphClient } from '../../subgraphs/call.ts'
import { combineFetches, entitiesField, namesIn, representationsVariable } from './combined.ts'
import { createFetchDocument, createRequest } from './fetch-document.ts'
import { merge } from './merge.ts'
import { entitiesAt, type PlanPath } from './paths.ts'
import { compileRepresentations, type Represent } from './representations.ts'
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

/** One of the fetches that a request combines. */
type EntityFetch = {
  readonly path: PlanPath
  readonly represent: Represent
  readonly rewrite: Rewrite | undefined
  /** Under which name its entities come, and by which variable they are asked for. */
  readonly responseKey: string
  readonly variable: string
  /** What asks for its entities alone. */
  readonly alone: FetchDocument
}

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
export const compileEntityFetches = (fetches: readonly FetchAt[], { schema, clients }: FetchParts): Step => {
  const [first] = fetches
  if (first === undefined) return () => undefined
  const { serviceName: service } = first.node
  const client = clientOf(clients, service)
  const isAlone = fetches.length === 1
  const combined = isAlone ? undefined : createFetchDocument(combineFetches(fetches.map(({ node }) => node)))
  const usages = [...new Set(fetches.flatMap(({ node }) => node.variableUsages ?? []))]
  const parts = fetches.map(
    ({ node, path }, index): EntityFetch & { readonly usages: readonly string[] } => ({
      path,
      represent: compileRepresentations(schema, node),
      rewrite: compileRewrites(schema, node.outputRewrites),
      ...namesIn(index),
      alone: createFetchDocument(node),
      usages: node.variableUsages ?? [],
    }),
  )

  return withErrors(async run => {
    const asked = parts.flatMap(part => {
      const requested = requestEntities(run, part.path, part.represent)
      return requested === undefined ? [] : [{ ...part, requested }]
    })
    const [only, ...others] = asked
    if (only === undefined) return
    const taken = { service, run }
    if (others.length === 0 || combined === undefined) {
      const { representations } = only.requested
      const entities = [{ variable: representationsVariable, representations }]
      const answer = await client.ask(createRequest(only.alone, only.usages, run, entities), run.context)
      takeErrors(answer, new Map([[entitiesField, only.requested]]), run)
      return takeEntities(answer, { ...only, responseKey: entitiesField }, taken)
    }
    const entities = parts.map(({ variable }) => {
      const part = asked.find(each => each.variable === variable)
      return { variable, representations: part?.requested.representations ?? [] }
    })
    const answer = await client.ask(createRequest(combined, usages, run, entities), run.context)
    takeErrors(answer, new Map(asked.map(part => [part.responseKey, part.requested])), run)
    for (const part of asked) takeEntities(answer, part, taken)
  })
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
    if (entities === undefined || typeof index !== 'number') {
      run.errors.push(located(error, undefined))
      continue
    }
    // n.b. an answer lists no more errors than that
    for (const place of entities.placesOf(index).slice(0, maxErrors))
      run.errors.push(located(error, [...place, ...inside]))
  }
}

/** Merges the entities of an answer into the objects that they complete. */
const takeEntities = (
  { data, errors = [], bytes }: SubgraphAnswer,
  {
    responseKey,
    requested,
    rewrite,
  }: Pick<EntityFetch, 'responseKey' | 'rewrite'> & { readonly requested: Requested },
  { service, run }: { readonly service: string; readonly run: PlanRun },
): void => {
  if (data === null) return
  const { targets } = requested
  const { [responseKey]: entities } = data
  if (!Array.isArray(entities) || entities.length !== targets.length) {
    run.errors.push(
      serviceFault(
        service,
        'INVALID_ANSWER',
        `${service} answered with other entities than it was asked for`,
      ),
    )
    return
  }
  let copies = 0
  for (const own of targets) copies += own.length
  // n.b. an entity that is in several places is written as often
  run.context.room.take(Math.ceil((bytes ?? 0) * (copies / targets.length - 1)))
  rewrite?.(entities)
  for (const [index, own] of targets.entries()) {
    const entity: unknown = entities[index]
    if (isEntity(entity)) for (const target of own) merge(target, entity)
    else if (
      !errors.some(({ path }) => path === undefined || (path[0] === responseKey && path[1] === index))
    ) {
      for (const place of requested.placesOf(index).slice(0, maxErrors))
        run.errors.push(
          serviceFault(
            service,
            'ENTITY_NOT_FOUND',
            `${service} does not know what is asked of it here`,
            place,
          ),
        )
    }
  }
}

const serviceFault = (service: string, code: string, message: string, path?: Place): GraphQLError =>
  new GraphQLError(message, { path, extensions: { code, service } })

const located = ({ message, extensions }: GraphQLFormattedError, path: Place | undefined): GraphQLError =>
  new GraphQLError(message, { path, extensions })
