import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import type { Connection } from 'rabbitmq-client'
import type { QueueDeclaration } from './topology.ts'

/** n.b. on a channel of its own: a refusal closes the channel, and fails whatever else is under way on it */
const declare = async (connection: Pick<Connection, 'acquire'>, declaration: QueueDeclaration) => {
  const channel = await connection.acquire()
  try {
    return await channel.queueDeclare(declaration)
  } finally {
    await channel.close()
  }
}

/**
 * Declares a queue. A queue that stands with other arguments, as another release made it, stays as it is with all that lies in
 * it: then this returns in what it differs, such as `x-delivery-limit is 7, not 20`.
 */
export const declareQueue = async (
  connection: Pick<Connection, 'acquire'>,
  declaration: QueueDeclaration,
): Promise<string | undefined> => {
  try {
    await declare(connection, declaration)
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'PRECONDITION_FAILED') throw error
    return differenceIn(messageOf(error))
  }
}

/** How many messages are ready in a queue, and how many consume it; undefined if there is no such queue. */
export const findQueue = async (
  connection: Pick<Connection, 'acquire'>,
  queue: string,
): Promise<{ readonly messages: number; readonly consumers: number } | undefined> => {
  try {
    const { messageCount, consumerCount } = await declare(connection, { queue, passive: true })
    return { messages: messageCount, consumers: consumerCount }
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') return undefined
    throw error
  }
}

/** Shortens what RabbitMQ says of a refused declaration. */
const differenceIn = (refusal: string): string => {
  const [, argument, wanted = '', current = ''] =
    /inequivalent arg '(.+?)' for queue .*: received (.+) but current is (.+)$/s.exec(refusal) ?? []
  // n.b. it says `'7'`, `the value '' of type 'longstr'` or `none`
  const shorten = (text: string) => /'(.*?)'(?: of type|$)/s.exec(text)?.[1] ?? text
  return argument === undefined
    ? refusal
    : `${argument} is ${shorten(current) || "''"}, not ${shorten(wanted) || "''"}`
}
