import type { Envelope } from './envelope.ts'
import type { Listening, MessagingLogger } from './transport.ts'

/** The listeners of this process. */
export const createListeners = (logger: MessagingLogger) => {
  const listenings = new Set<Listening>()
  return {
    add: (listening: Listening) => {
      listenings.add(listening)
      return { stop: async () => void listenings.delete(listening) }
    },
    /** Hands the event to every listener of its type; false if there is none. */
    tell: (envelope: Envelope): boolean => {
      const concerned = [...listenings].filter(({ types }) => types.includes(envelope.type))
      for (const listening of concerned) hear(listening, envelope, logger)
      return concerned.length > 0
    },
  }
}

/** Hands an event to a listener, whose errors are logged: there is no second attempt. */
export const hear = ({ handle }: Listening, envelope: unknown, logger: MessagingLogger): void => {
  try {
    handle(envelope)
  } catch (error) {
    logger.error({ err: error }, 'a listener failed; the event is lost to it')
  }
}
