import { setTimeout as pause } from 'node:timers/promises'
import type { DeadLetter } from '@supergraph/messaging/dead-letters.ts'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { z } from 'zod'
import type { ShownDeadLetters } from '../dead-letters.ts'
import type { DeadLetterRow, DeadLettersView } from '../pages/views.ts'
import { type Act, parseAct, reason, type View } from './view.ts'

const unknownPlace = 'It is not known where dead letters are: set RABBITMQ_URL.'

const wanted = z.object({
  messageIds: z.array(z.string()).min(1).max(1_000),
  queue: z.string(),
  perSecond: z.int().min(1).max(1_000).default(1_000),
  reason,
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

/** What can be done with dead letters: replay and drop, at most so many a second as is asked for. */
export const createDeadLetterActs = (deadLetters: ShownDeadLetters | undefined): readonly Act[] => {
  if (deadLetters === undefined) return []
  const act = (action: 'replay' | 'drop'): Act => ({
    path: new RegExp(`^/dead-letters/${action}$`),
    prepare: body => {
      const { reason, messageIds, queue, perSecond } = parseAct(wanted, body)
      return {
        act: `${action} dead letters`,
        about: `${messageIds.length} of ${queue}`,
        reason,
        details: { queue, messageIds, perSecond },
        perform: async () => {
          const done = await inTurns(messageIds, perSecond, ids =>
            deadLetters[action]({ messageIds: ids, queue }),
          )
          const verb = action === 'drop' ? 'Dropped' : 'Replayed'
          return { outcome: `${verb} ${done} of ${messageIds.length}` }
        },
      }
    },
  })
  return [act('replay'), act('drop')]
}

/** Acts on so many a second, and returns how many were acted on. */
const inTurns = async (
  messageIds: readonly string[],
  perSecond: number,
  act: (messageIds: readonly string[]) => Promise<readonly unknown[]>,
): Promise<number> => {
  let done = 0
  for (let from = 0; from < messageIds.length; from += perSecond) {
    if (from > 0) await pause(1_000)
    done += (await act(messageIds.slice(from, from + perSecond))).length
  }
  return done
}

const toRow = ({ firstFailedAt, lastFailedAt, ...letter }: DeadLetter): DeadLetterRow => ({
  ...letter,
  firstFailedAt: firstFailedAt.toISOString(),
  lastFailedAt: lastFailedAt.toISOString(),
})
