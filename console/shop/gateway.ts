import { directFetch } from '@supergraph/runtime/direct-fetch.ts'
import { readRecordedOperation } from '@supergraph/schema/recorded-operations.ts'

/**
 * Sends a recorded operation, named by its file, to the gateway, and returns its answer. n.b. a gateway that runs recorded
 * operations alone knows no other.
 */
export type AskGateway = (operation: string, variables: object, accessToken?: string) => Promise<unknown>

const withinMs = 5_000

export const createAskGateway = (gatewayUrl: string): AskGateway => {
  const documents = new Map<string, string>()
  return async (operation, variables, accessToken) => {
    const query = documents.get(operation) ?? readRecordedOperation(operation)
    documents.set(operation, query)
    const response = await directFetch(gatewayUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'apollographql-client-name': 'console',
        // n.b. not sampled: the console's own questions are none of the requests that it shows
        traceparent: `00-${crypto.randomUUID().replaceAll('-', '')}-${crypto.randomUUID().slice(-12)}0001-00`,
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(withinMs),
    })
    return response.json()
  }
}
