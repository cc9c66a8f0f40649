import type { IncomingMessage } from 'node:http'
import type { DeadLetter } from '@supergraph/messaging/dead-letters.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { BadRequest, readJson } from '@supergraph/runtime/request-body.ts'
import { z } from 'zod'
import type { ShownDeadLetters } from '../dead-letters.ts'
import type { ActedOn, DeadLetterRow, DeadLettersView } from '../pages/views.ts'
import type { Act, View } from './view.ts'

const unknownPlace = 'It is not known where dead letters are: set RABBITMQ_URL.'
const maxBodyBytes = 64 * 1024

const request = z.object({
  messageIds: z.array(z.string()).min(1).max(1_000),
  queue: z.string(),
  /** Why, for the log. */
  reason: z.string().trim().min(1).max(500),
})

/** The view of dead letters, newest failure first. */
export const createDeadLettersView = (deadLetters: ShownDeadLetters | undefined): View => ({
  path: /^\/dead-letters$/,
  read: async (): Promise<DeadLettersView> => {
    if (deadLetters === undefined) return { letters: [], trouble: unknownPlace }
    try {
      return { letters: (await deadLetters.list()).map(toRow).toReversed(), trouble: null }
    } catch (error) {
      return { letters: [], trouble: messageOf(error) }
    }
  },
})

/** What can be done with dead letters: replay and drop; each act is written to the log with its reason. */
export const createDeadLetterActs = (
  deadLetters: ShownDeadLetters | undefined,
  logger: Logger,
): readonly Act[] => {
  if (deadLetters === undefined) return []
  const act = (action: 'replay' | 'drop'): Act => ({
    path: new RegExp(`^/dead-letters/${action}$`),
    run: async (incoming): Promise<ActedOn> => {
      const { reason, ...named } = await readRequest(incoming)
      const done = await deadLetters[action](named)
      const messageIds = done.map(({ messageId }) => messageId)
      const { remoteAddress: from } = incoming.socket
      logger.warn({ action, messageIds, queue: named.queue, reason, from }, 'acted on dead letters')
      return { messageIds }
    },
  })
  return [act('replay'), act('drop')]
}

const readRequest = async (incoming: IncomingMessage): Promise<z.output<typeof request>> => {
  const { data, error } = request.safeParse(await readJson(incoming, maxBodyBytes))
  if (error !== undefined) throw new BadRequest(400, z.prettifyError(error))
  return data
}

const toRow = ({ firstFailedAt, lastFailedAt, ...letter }: DeadLetter): DeadLetterRow => ({
  ...letter,
  firstFailedAt: firstFailedAt.toISOString(),
  lastFailedAt: lastFailedAt.toISOString(),
})
