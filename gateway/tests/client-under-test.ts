import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Failure } from '@supergraph/runtime/failure-log.ts'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { onTestFinished } from 'vitest'
import { createAnswerRoom } from '../subgraphs/answer-room.ts'
import type { SubgraphRequest } from '../subgraphs/call.ts'
import { createChanges } from '../subgraphs/changes.ts'
import { executionContext } from '../subgraphs/context.fixture.ts'
import { createHttpClient } from '../subgraphs/http-client.ts'
import type { Told } from '../subgraphs/subgraphs.ts'

type Respond = (request: IncomingMessage, response: ServerResponse) => void

/** For whom a subgraph is asked, by default nobody who is known, with room for 100 MB. */
export type Asking = {
  readonly viewer?: Viewer
  readonly clientAddress?: string
  readonly gone?: AbortSignal
  readonly variables?: string
  readonly roomBytes?: number
}

/** A client of a subgraph that answers as it is told to, or of the one at `url`. */
export const startClient = async (
  answer: Respond,
  {
    timeoutMs = 2_000,
    told = { mutations: [], reads: [] },
    url,
    load = new LoadLimit({ targetMs: 50, loweredMs: 50, windowMs: 100, samples: 10 }),
  }: {
    readonly timeoutMs?: number
    readonly told?: Told
    readonly url?: string
    readonly load?: Pick<LoadLimit, 'waited'>
  } = {},
) => {
  const http = createServer(answer)
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const changes = createChanges()
  const client = createHttpClient({
    service: 'orders',
    url: url ?? `http://127.0.0.1:${port}/graphql`,
    told,
    timeoutMs,
    signer: {
      sign: (_audience, viewer, clientAddress) => JSON.stringify({ ...viewer, clientAddress }),
      signOnce: (_audience, viewer) => JSON.stringify(viewer),
    },
    changes,
    load,
    logger: createLogger('gateway', 'silent'),
  })
  onTestFinished(async () => {
    http.closeAllConnections()
    await client.stop()
    http.close()
  })
  const documents = new Map<string, SubgraphRequest['document']>()
  const documentOf = (query: string): SubgraphRequest['document'] => {
    const document = documents.get(query) ?? {
      query,
      operationName: undefined,
      isMutation: query.startsWith('mutation'),
      head: `{"query":${JSON.stringify(query)},"variables":`,
    }
    documents.set(query, document)
    return document
  }

  /** Asks, and collects what is to be logged. */
  const askFor = (query: string, { variables = '{}', roomBytes = 100_000_000, ...asking }: Asking = {}) => {
    const failures: Failure[] = []
    const answer = client.ask(
      { document: documentOf(query), variablesText: () => variables, variables: () => JSON.parse(variables) },
      executionContext({ ...asking, failures, room: createAnswerRoom(roomBytes) }),
    )
    return { answer, failures }
  }
  return { askFor, ask: (query: string, asking?: Asking) => askFor(query, asking).answer, changes }
}
