import type { ApolloServer } from '@apollo/server'
import { type ExecutionResult, type GraphQLFormattedError, OperationTypeNode } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { isRefused } from '../authorization/refusals.ts'
import type { KnownOperations } from '../documents/known-operations.ts'
import type { Outcome } from '../execution/outcome.ts'
import type { OperationContext } from '../subgraphs/call.ts'
import type { RunKnown } from './run-known.ts'

/**
 * Runs queries and mutations that come over a socket or as server-sent events: those of known documents at once, all others
 * by way of Apollo Server, which makes their documents known.
 */
export const createRunOperation =
  ({
    apollo,
    known,
    runKnown,
  }: {
    readonly apollo: ApolloServer<OperationContext>
    readonly known: Pick<KnownOperations, 'find'>
    readonly runKnown: RunKnown
  }) =>
  async (
    { query, variables, operationName, extensions }: SubscribePayload,
    caller: OperationContext,
  ): Promise<Outcome> => {
    // n.b. Apollo Server compares a hash with the text, and persists it
    const operation = extensions?.persistedQuery ? undefined : known.find(query, operationName)
    if (operation !== undefined && operation.operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return runKnown({ operation, variables: variables ?? {} }, caller)
    const request = {
      query,
      variables: variables ?? undefined,
      operationName: operationName ?? undefined,
      extensions: extensions ?? undefined,
    }
    const { body, http } = await apollo.executeOperation(request, { contextValue: caller })
    if (body.kind !== 'single')
      throw new Error('an operation was answered in parts, which the gateway never plans')
    const { errors, data } = body.singleResult
    if (errors !== undefined && isRefusal({ errors, data }))
      return { kind: 'refusal', status: http.status ?? 200, errors, hasData: data === null }
    return { kind: 'answer', text: JSON.stringify({ errors, data }) }
  }

// n.b. what was executed has data; Apollo's types give the answer to a forbidden operation data that is null
const isRefusal = ({
  errors,
  data,
}: {
  readonly errors: readonly GraphQLFormattedError[]
  readonly data?: ExecutionResult['data']
}): boolean => data === undefined || (data === null && errors.every(isRefused))
