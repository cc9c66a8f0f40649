import { codeOf, messageOf } from '@supergraph/runtime/error-text.ts'
import type { Channel, Connection } from 'rabbitmq-client'
import type { QueueDeclaration } from './topology.ts'

/** What declares queues. n.b. a refusal closes the channel; a connection has another one then. */
type Declarer = Pick<Channel | Connection, 'queueDeclare'>

/**
 * Declares a queue. A queue that stands with other arguments, as another release made it, stays as it is with all that lies in
 * it: then this returns in what it differs, such as `x-delivery-limit is 7, not 20`.
 */
export const declareQueue = async (
  declarer: Declarer,
  declaration: QueueDeclaration,
): Promise<string | undefined> => {
  try {
    await declarer.queueDeclare(declaration)
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'PRECONDITION_FAILED') throw error
    return differenceIn(messageOf(error))
  }
}

/** How many messages are ready in a queue, and how many consume it; undefined if there is no such queue. */
export const findQueue = async (
  declarer: Declarer,
  queue: string,
): Promise<{ readonly messages: number; readonly consumers: number } | undefined> => {
  try {
    const { messageCount = 0, consumerCount = 0 } = await declarer.queueDeclare({ queue, passive: true })
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
