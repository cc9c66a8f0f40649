import { buildSchema, type ExecutionArgs, type GraphQLError, parse } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { Deliveries, StreamedOperations } from '../subscriptions/streamed-operations.ts'
import type { Subscriber } from '../subscriptions/subscribe.ts'

/** Sends the JSON text of a result to the client; resolves when it is on its way. */
export type SendResult = (text: string) => Promise<void>

/** What `prepare` leaves for `run`, by the arguments that graphql-ws takes from the one and gives to the other. */
const prepared = new WeakMap<
  ExecutionArgs,
  { readonly start: () => Deliveries; readonly sendResult: SendResult }
>()

// n.b. graphql-ws asks the document only for its kind, and the schema for nothing
const anySchema = buildSchema('type Query { _: Int }')
const anySubscription = parse('subscription { _ }')

/** Prepares and runs operations as graphql-ws wants it. */
export const createSocketOperations = (prepare: StreamedOperations) => ({
  /** Gives the arguments to `run`, or the errors for which the operation can't run. */
  prepare: async (
    payload: SubscribePayload,
    caller: Subscriber,
    sendResult: SendResult,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> => {
    const operation = await prepare(payload, caller)
    if (!('start' in operation)) return operation
    const args = { schema: anySchema, document: anySubscription }
    prepared.set(args, { start: operation.start, sendResult })
    return args
  },

  /** Runs what was prepared and sends its results; the stream has none, it only ends, or throws why the operation ended. */
  run: (args: ExecutionArgs): AsyncIterableIterator<never, undefined> => {
    const operation = prepared.get(args)
    if (operation === undefined) throw new Error('an operation runs that was not prepared')
    return sendAll(operation.start(), operation.sendResult)
  },
})

/** n.b. graphql-ws would make the text of each result anew. */
const sendAll = (deliveries: Deliveries, sendResult: SendResult): AsyncIterableIterator<never, undefined> => {
  let isOver = false
  const stream: AsyncIterableIterator<never, undefined> = {
    next: async () => {
      for (;;) {
        const { done, value } = await deliveries.next()
        if (done || isOver) return { done: true, value: undefined }
        await sendResult(value.text)
      }
    },
    return: async () => {
      isOver = true
      await deliveries.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => stream,
  }
  return stream
}
