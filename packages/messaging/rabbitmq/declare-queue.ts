import { codeOf } from '@supergraph/runtime/error-text.ts'
import type { Connection } from 'rabbitmq-client'
import type { MessagingLogger } from '../transport.ts'
import type { QueueDeclaration } from './topology.ts'

/**
 * Declares a queue, and returns what declares it again. A queue that stands with other arguments, as another release made it,
 * stays as it is with all that lies in it: processes of both releases work on it.
 */
export const declareQueue = async (
  connection: Connection,
  declaration: QueueDeclaration,
  logger: MessagingLogger,
): Promise<QueueDeclaration> => {
  try {
    await connection.queueDeclare(declaration)
    return declaration
  } catch (error) {
    if (codeOf(error) !== 'PRECONDITION_FAILED') throw error
    const { queue } = declaration
    logger.warn(
      { queue, err: error },
      'a queue stands with other arguments and is used as it is; to have the new ones, stop its consumers, move what lies in it, and delete it',
    )
    return { queue, passive: true }
  }
}
