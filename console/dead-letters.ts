import { type DeadLetter, type DeadLetters, shownDeadLetter } from '@supergraph/messaging/dead-letters.ts'
import { openOutboxDeadLetters } from '@supergraph/messaging/outbox/dead-letters.ts'
import { openRabbitMqDeadLetters } from '@supergraph/messaging/rabbitmq/dead-letters.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'

/** The dead letters as pages show them: without what the contracts mark as sensitive. */
export type ShownDeadLetters = Running &
  Pick<DeadLetters, 'replay' | 'drop'> & { readonly list: () => Promise<readonly DeadLetter[]> }

// n.b. to list the letters of a broker takes them from their queues for a moment: pages that are open do so together
const keptMs = 5_000

/**
 * The dead letters of the broker, or of the outboxes in these databases; undefined if neither is known. They are opened when
 * they are first looked at, and again after a failure, so that the console starts without a broker.
 */
export const findDeadLetters = ({
  brokerUrl: url,
  namespace,
  queues,
  outboxUrls,
  logger,
}: {
  readonly brokerUrl: string | undefined
  readonly namespace: string | undefined
  readonly queues: readonly string[]
  readonly outboxUrls: readonly string[] | undefined
  readonly logger: Logger
}): ShownDeadLetters | undefined => {
  if (url !== undefined) return openLater(() => openRabbitMqDeadLetters({ url, namespace, queues, logger }))
  return outboxUrls && openLater(async () => openOutboxDeadLetters(outboxUrls))
}

const openLater = (open: () => Promise<DeadLetters>): ShownDeadLetters => {
  let opening: Promise<DeadLetters> | undefined
  let known: { readonly untilMs: number; readonly letters: Promise<readonly DeadLetter[]> } | undefined
  const opened = (): Promise<DeadLetters> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  const list = async () => (await (await opened()).list()).map(letter => shownDeadLetter(contracts, letter))
  const act = async (action: 'replay' | 'drop', named: Parameters<DeadLetters['replay']>[0]) => {
    const done = await (await opened())[action](named)
    known = undefined
    return done
  }
  return {
    list: () => {
      if (known === undefined || known.untilMs < Date.now())
        known = { untilMs: Date.now() + keptMs, letters: list() }
      return known.letters
    },
    replay: named => act('replay', named),
    drop: named => act('drop', named),
    stop: async () => (await opening)?.stop(),
  }
}
