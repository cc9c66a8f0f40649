import type { Failure } from '@supergraph/runtime/failure-log.ts'
import type { IdentitySigner, Viewer } from '@supergraph/runtime/identity.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { FixedAttributes } from '@supergraph/telemetry/attributes.ts'
import type { NamedClient } from '../named-clients.ts'
import type { SubgraphAnswer, TakeData } from './answer.ts'
import type { AnswerRoom } from './answer-room.ts'
import type { CallWaits } from './call-waits.ts'
import type { Changes } from './changes.ts'
import type { Gone } from './departure.ts'
import type { Told } from './subgraphs.ts'

/** A subgraph, and what it takes to call it. */
export type CallableSubgraph = {
  readonly service: string
  readonly url: string
  readonly told: Told
  readonly timeoutMs: number
  readonly signer: IdentitySigner
  readonly changes: Changes
  /** Hears for how long its reads wait. */
  readonly load: Pick<LoadLimit, 'waited'>
  readonly logger: Logger
}

/** The client that sent an operation. */
export type OperationClient = {
  /** Where the client calls from, as far as that is known. */
  readonly clientAddress?: string | undefined
  /** The client's browser and system in words, as far as they are known. */
  readonly clientDevice?: string | undefined
  readonly client?: NamedClient | undefined
  readonly gone?: Gone | undefined
}

/** What an operation is executed with. */
export type OperationContext = OperationClient & {
  readonly viewer: Viewer
  /** Whether it is executed for several clients, who may call from several networks. */
  readonly isShared?: boolean
}

/** What all calls of one execution share. */
export type ExecutionContext = OperationContext & {
  readonly room: AnswerRoom
  /** Collects what failed, to be logged when the execution ends. */
  readonly failures: Failure[]
  /** Collects until when what was kept of entities may be kept, in milliseconds since the epoch. */
  readonly expiries: number[]
  readonly waits: CallWaits
  /** The subgraphs that are too busy to be asked. */
  readonly busy: readonly string[]
}

/** The part of a request to a subgraph that never changes: made once when a plan is compiled. */
export type FetchDocument = {
  readonly query: string
  readonly operationName: string | undefined
  readonly isMutation: boolean
  /** JSON text up to the variables: `{"query":…,"operationName":…,"variables":`. */
  readonly head: string
  /** What the span of a request says of it. */
  readonly told?: FixedAttributes
}

/** One request to a subgraph, with its variables as the text of a JSON object or as values, whichever is asked for. */
export type SubgraphRequest = {
  readonly document: FetchDocument
  readonly variablesText: () => string
  readonly variables: () => Readonly<Record<string, unknown>>
  readonly takeData?: TakeData | undefined
  /** The lists of entities that it asks for, each with the number of objects in the answer that they stand for. */
  readonly entities?: readonly { readonly count: number; readonly representations: readonly string[] }[]
}

/** A subgraph that can be asked. What fails is an error in the answer; who asked may change the answer. */
export type SubgraphClient = Running & {
  readonly ask: (request: SubgraphRequest, context: ExecutionContext) => Promise<SubgraphAnswer>
}

/** A client that knows whether its subgraph can be used: it can't once its last calls have failed. */
export type WatchedClient = SubgraphClient & { readonly isUsable: () => boolean }

/** What a subgraph is told of the client with a request. */
export const toldWith = (
  { told }: Pick<CallableSubgraph, 'told'>,
  { isMutation }: Pick<FetchDocument, 'isMutation'>,
  { clientAddress, clientDevice }: OperationClient,
) => {
  const tellings = isMutation ? told.mutations : told.reads
  return {
    clientAddress: tellings.includes('client-address') ? clientAddress : undefined,
    clientDevice: tellings.includes('client-device') ? clientDevice : undefined,
  }
}
