import { hash } from 'node:crypto'
import type { ApolloServer, BaseContext } from '@apollo/server'
import { runFor } from '@supergraph/runtime/caller.ts'
import { within } from '@supergraph/runtime/deadline.ts'
import { type Identity, userOf, type Viewer, viewerInToken } from '@supergraph/runtime/identity.ts'
import { isJsonObject } from '@supergraph/runtime/json-object.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { currentTraceparent, runInTrace } from '@supergraph/runtime/trace-context.ts'
import { createTurns } from '@supergraph/runtime/turns.ts'
import { fixAttributes } from '@supergraph/telemetry/attributes.ts'
import { endWith, startSpan } from '@supergraph/telemetry/spans.ts'
import type { GraphQLFormattedError } from 'graphql'
import { copyAsJson } from './json-values.ts'
import type { Outcome, RunKnown } from './known-operations.ts'

/** An operation that the gateway asks for on behalf of a viewer. */
export type InProcessRequest = {
  /** The same object each time for the same operation. */
  readonly document: { readonly query: string; readonly operationName: string | undefined }
  readonly variables: Readonly<Record<string, unknown>>
  readonly viewer: Viewer
  readonly clientAddress: string | undefined
  readonly clientDevice?: string | undefined
  /** When the gateway stops waiting, in milliseconds since the epoch. */
  readonly deadlineAtMs: number
  /** Whether nobody waits any more. */
  readonly gone: Pick<AbortSignal, 'aborted'> | undefined
}

/** What the HTTP answer to the same operation would be, as values that belong to who asked. */
export type InProcessAnswer = {
  /** The HTTP status: 200, or 400 for a refusal of the document or its variables. */
  readonly status: number
  readonly data: Record<string, unknown> | null
  readonly errors: readonly GraphQLFormattedError[] | undefined
  /** How long the JSON text of the data would be, about. */
  readonly bytes: number
}

/**
 * Asks a subgraph that runs in this process. Rejects where an HTTP request would have no usable answer. n.b. who has it
 * speaks for any viewer, as the holder of the gateway's identity key does
 */
export type AskInProcess = (request: InProcessRequest) => Promise<InProcessAnswer>

const graceMs = 2_000
const never = { aborted: false } as const

/** Makes the way into a subgraph for the gateway of the same process; `stop` lets what is under way end, for 2 s at most. */
export const createInProcess = <C extends BaseContext>({
  service,
  apollo,
  runKnown,
  createContext,
}: {
  readonly service: string
  readonly apollo: ApolloServer<C>
  readonly runKnown: RunKnown<C>
  readonly createContext: (caller: Identity & { readonly deadlineAtMs: number }) => C
}): Running & { readonly ask: AskInProcess } => {
  const underWay = createTurns({ atOnce: Number.POSITIVE_INFINITY })
  const hashes = new WeakMap<InProcessRequest['document'], string>()
  let hasStopped = false

  const hashOf = (document: InProcessRequest['document']): string => {
    const known = hashes.get(document)
    if (known !== undefined) return known
    const queryHash = hash('sha256', document.query)
    hashes.set(document, queryHash)
    return queryHash
  }

  const run = async ({ document, variables, viewer, deadlineAtMs, ...client }: InProcessRequest) => {
    const { query, operationName } = document
    const { clientAddress, clientDevice } = client
    const identity = {
      viewer: viewerInToken(viewer),
      clientAddress: clientAddress || undefined,
      clientDevice: clientDevice || undefined,
    }
    const context = () => createContext({ ...identity, deadlineAtMs })
    const known = runKnown({ queryHash: hashOf(document), operationName, variables }, context)
    if (known !== undefined) return known
    const { http, body } = await apollo.executeOperation(
      { query, operationName, variables: { ...variables } },
      { contextValue: context() },
    )
    if (body.kind === 'incremental') throw new Error(`${service} answers in parts`)
    const { data, errors } = body.singleResult
    return { status: http.status ?? 200, data, errors }
  }

  const start = {
    name: 'operation',
    kind: 'server',
    service,
    fixed: fixAttributes({ 'supergraph.subgraph': service, 'supergraph.fetch.in_process': true }),
  } as const
  const inOwnSpan = (task: () => Promise<Outcome>): Promise<Outcome> => {
    const span = startSpan(start)
    return span === undefined ? runInTrace(currentTraceparent(), task) : endWith(span, task)
  }

  return {
    ask: async request => {
      if (hasStopped) throw new Error(`${service} has stopped`)
      const { deadlineAtMs, gone = never, viewer } = request
      const caller = { deadlineAtMs, gone, user: userOf(viewer) }
      const outcome = await underWay.run(() => inOwnSpan(() => runFor(caller, () => run(request))))
      return toAnswer(outcome)
    },
    stop: async () => {
      hasStopped = true
      await within(graceMs, underWay.idle(), () => undefined)
    },
  }
}

const toAnswer = ({ status, data, errors, jsonBytes }: Outcome): InProcessAnswer => {
  const { value, bytes } =
    jsonBytes === undefined ? copyAsJson(data ?? null) : { value: data, bytes: jsonBytes }
  return { status, data: isJsonObject(value) ? value : null, errors, bytes }
}
