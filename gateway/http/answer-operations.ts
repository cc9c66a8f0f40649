import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApolloServer, HTTPGraphQLRequest } from '@apollo/server'
import { answerWithApollo } from '@supergraph/runtime/apollo-http.ts'
import { sendAnswer, sendCompressed } from '@supergraph/runtime/compression.ts'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import { GraphQLError } from 'graphql'
import { type Admission, DocumentRefused } from '../documents/admission.ts'
import type { PersistedQueries } from '../documents/persisted-queries.ts'
import { type FormatError, formatAny } from '../errors.ts'
import type { ClientQueue } from '../execution/client-queue.ts'
import type { Execution } from '../execution/execution.ts'
import type { Outcome } from '../execution/outcome.ts'
import type { NamedClientIn } from '../named-clients.ts'
import { retryAfterSeconds } from '../overload/shedding.ts'
import type { Authenticate } from '../sessions/access-token.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import { Departure } from '../subgraphs/departure.ts'
import { deviceOf } from './client-device.ts'
import type { Cors } from './cors.ts'
import type { createFindKnown, KnownRequest } from './known-requests.ts'
import type { MeasureRuns } from './operation-metrics.ts'
import { type RunKnown, refusalText } from './run-known.ts'

/** What a request carried, and the media type to answer in. */
export type SentOperation = {
  readonly type: string
  readonly body: unknown
  readonly clientAddress: string | undefined
}

/** Answers requests that have been read. */
export type OperationAnswers = ReturnType<typeof createOperationAnswers>

/** Who calls, or why that can't be said. */
type Identity = Pick<OperationContext, 'viewer'> | { readonly error: unknown }

/**
 * Answers operations: those of known documents at once, all others by way of Apollo Server, which makes their documents
 * known. The two ways answer alike.
 */
export const createOperationAnswers = ({
  apollo,
  findKnown,
  checkEarly,
  countRefused,
  runKnown,
  admission,
  persistedQueries,
  queue,
  format,
  authenticate,
  cors,
  clientIn,
}: {
  readonly apollo: ApolloServer<OperationContext>
  readonly findKnown: ReturnType<typeof createFindKnown>
  /** Throws if an operation is not to begin now, before anything else is done for it. */
  readonly checkEarly: Execution['checkEarly']
  readonly countRefused: MeasureRuns['refused']
  readonly runKnown: RunKnown
  readonly admission: Pick<Admission, 'admit'>
  readonly persistedQueries: Pick<PersistedQueries, 'textOf'>
  readonly queue: Pick<ClientQueue, 'run'>
  readonly format: FormatError
  readonly authenticate: Authenticate
  readonly cors: Cors
  readonly clientIn: NamedClientIn
}) => {
  const identify = ({ headers }: IncomingMessage): Identity | Promise<Identity> => {
    try {
      const session = authenticate(headers.authorization)
      return session instanceof Promise ? session.catch((error: unknown) => ({ error })) : session
    } catch (error) {
      return { error }
    }
  }

  /** What a client says of itself. */
  const saidBy = ({ headers }: IncomingMessage) => ({
    client: clientIn(headers),
    clientDevice: deviceOf(headers['user-agent']),
  })

  /** Why an operation is not to begin now. */
  const earlyRefusal = ({ operation }: KnownRequest, { headers }: IncomingMessage): Outcome | undefined => {
    try {
      checkEarly(operation)
      return undefined
    } catch (error) {
      countRefused(operation, clientIn(headers)?.listedName)
      return { kind: 'refusal', status: 503, errors: [formatAny(format, error)], hasData: false }
    }
  }

  const sendOutcome = async (
    request: IncomingMessage,
    response: ServerResponse,
    outcome: Outcome,
    { type, cached }: { readonly type: string; readonly cached: string },
  ): Promise<void> => {
    if (response.destroyed) return
    const headers = ['content-type', type, 'cache-control', cached, 'vary', vary]
    if (outcome.kind === 'refusal' && outcome.status === 503)
      headers.push('retry-after', String(retryAfterSeconds))
    if (request.headers.origin !== undefined) headers.push(...cors.headersFor(request.headers.origin))
    const answer =
      outcome.kind === 'answer'
        ? { status: 200, headers, text: outcome.text }
        : { status: outcome.status, headers, text: refusalText(outcome) }
    await sendAnswer(request, response, answer)
  }

  const answerByApollo = async (
    request: IncomingMessage,
    response: ServerResponse,
    {
      body,
      clientAddress,
      ...sent
    }: {
      readonly body: unknown
      readonly clientAddress: string | undefined
      /** Undefined if nobody has asked yet. */
      readonly identity?: Identity | undefined
    },
  ): Promise<void> => {
    /** n.b. Apollo Server sends only one error of a context. */
    let refused: DocumentRefused | undefined
    const gone = departureOf(response)
    const admitInTurn = async (text: string): Promise<void> => {
      try {
        await queue.run({ clientAddress, gone }, () => admission.admit(text))
      } catch (error) {
        if (!(error instanceof DocumentRefused)) throw error
        refused = error
        response.setHeader('cache-control', 'no-store')
        throw error.errors[0]
      }
    }
    const context = async (sentToApollo: HTTPGraphQLRequest): Promise<OperationContext> => {
      const text = persistedQueries.textOf(parametersIn(sentToApollo))
      if (text) await admitInTurn(text)
      const identity = sent.identity ?? (await identify(request))
      if ('viewer' in identity) return { viewer: identity.viewer, clientAddress, ...saidBy(request), gone }
      const code = identity.error instanceof GraphQLError ? identity.error.extensions.code : undefined
      if (code === 'UNAUTHENTICATED') response.setHeader('www-authenticate', 'Bearer')
      if (code === 'SERVICE_UNAVAILABLE') response.setHeader('retry-after', String(retryAfterSeconds))
      throw identity.error
    }
    cors.allow(request, response)
    response.appendHeader('vary', 'Accept, Authorization')
    const send = (text: string) => {
      if (response.statusCode === 503) response.setHeader('retry-after', String(retryAfterSeconds))
      const errors = refused?.errors.map(error => formatAny(format, error))
      return sendCompressed(request, response, errors ? refusalText({ errors, hasData: false }) : text)
    }
    await answerWithApollo(apollo, request, response, { body, context, send })
  }

  return {
    answerPost: async (
      request: IncomingMessage,
      response: ServerResponse,
      { type, body, clientAddress }: SentOperation,
    ): Promise<void> => {
      const known = findKnown(request, body)
      if (known === undefined) return answerByApollo(request, response, { body, clientAddress })
      const refusal = earlyRefusal(known, request)
      if (refusal !== undefined) return sendOutcome(request, response, refusal, { type, cached: 'no-store' })
      const identified = identify(request)
      const identity = identified instanceof Promise ? await identified : identified
      if ('error' in identity) return answerByApollo(request, response, { body, clientAddress, identity })
      const gone = departureOf(response)
      const caller = { viewer: identity.viewer, clientAddress, ...saidBy(request), gone }
      const outcome = await runKnown(known, caller)
      await sendOutcome(request, response, outcome, { type, cached: cacheControl(outcome, caller) })
    },

    answerGet: (request: IncomingMessage, response: ServerResponse, sent: SentOperation): Promise<void> =>
      answerByApollo(request, response, sent),
  }
}

/** Tells when the connection of a request closes before the response was sent. */
const departureOf = (response: ServerResponse): Departure => {
  const departure = new Departure()
  response.on('close', () => {
    if (!response.writableFinished) departure.leave()
  })
  return departure
}

/** What says which document a request is about. */
const parametersIn = ({
  method,
  body,
  search,
}: HTTPGraphQLRequest): Parameters<PersistedQueries['textOf']>[0] => {
  if (method !== 'GET') return isJsonObject(body) ? body : {}
  const sent = new URLSearchParams(search)
  return { query: sent.get('query'), extensions: parsed(sent.get('extensions')) }
}

const parsed = (text: string | null): unknown => {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}

const vary = 'Origin, Accept, Authorization, Accept-Encoding'

// n.b. what a user is answered is for that user alone, even if everyone is answered the same
const cacheControl = (outcome: Outcome, { viewer }: Pick<OperationContext, 'viewer'>): string =>
  outcome.kind === 'answer' && outcome.maxAge !== undefined && outcome.maxAge > 0
    ? `max-age=${outcome.maxAge}, ${viewer.kind === 'anonymous' ? 'public' : 'private'}`
    : 'no-store'
