import type { DeadLetters } from '@supergraph/messaging/dead-letters.ts'
import { openOutboxDeadLetters } from '@supergraph/messaging/outbox/dead-letters.ts'
import { openOutboxEvents } from '@supergraph/messaging/outbox/events.ts'
import { openRabbitMqDeadLetters } from '@supergraph/messaging/rabbitmq/dead-letters.ts'
import { followRabbitMq } from '@supergraph/messaging/rabbitmq/events.ts'
import { openRabbitMqQueues, type Queues } from '@supergraph/messaging/rabbitmq/queues.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { ExpectedError } from '@supergraph/runtime/expected-error.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { findDatabaseUrl } from '../../embedded/data-directory.ts'
import { readSettings, type Settings } from '../../embedded/settings.ts'
import { consumerQueues, formerQueues } from '../../queues.ts'
import { services, statefulNames } from '../../services.ts'

/** There is nothing to look at; the message says what to start or to set. */
class NothingThere extends ExpectedError {
  override readonly name = 'NothingThere'
}

/** Handles an envelope as it was published. */
type HandleEvent = (envelope: unknown) => void

/** Opens the dead letters of the installation: on the broker if the settings name one, else in the outboxes. */
export const openDeadLetters = async (variables: Variables): Promise<DeadLetters> => {
  const settings = readSettings(variables)
  const { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace } = settings
  return url === undefined
    ? openOutboxDeadLetters(await databaseUrls(settings))
    : openRabbitMqDeadLetters({
        url,
        namespace,
        queues: consumerQueues.map(({ queue }) => queue),
        logger: complaints,
      })
}

/** Opens the queues on the broker that the settings name. */
export const openQueues = async (variables: Variables): Promise<Queues> => {
  const { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace } = readSettings(variables)
  if (url === undefined)
    throw new NothingThere('there are no queues without a broker: say where RabbitMQ is with RABBITMQ_URL')
  return openRabbitMqQueues({ url, namespace, consumers: consumersOnBroker, formerQueues })
}

/** Calls `handle` with each event that is published from now on; it never sees events of the types in `unseen`. */
export const followEvents = async (
  variables: Variables,
  handle: HandleEvent,
): Promise<Running & { readonly unseen: readonly string[] }> => {
  const settings = readSettings(variables)
  const { RABBITMQ_URL: url, RABBITMQ_NAMESPACE: namespace } = settings
  if (url !== undefined) {
    const queues = consumersOnBroker
    const following = await followRabbitMq({ url, namespace, queues, handle, logger: complaints })
    const unseen = contracts.map(({ type }) => type).filter(type => !following.types.includes(type))
    return { unseen, stop: following.stop }
  }
  const urls = await databaseUrls(settings)
  return startAll(async use => {
    for (const outbox of urls.map(openOutboxEvents)) {
      use(outbox)
      use(await outbox.follow(handle))
    }
    return { unseen: [] }
  })
}

/** The latest envelopes of all outboxes, at most `limit` of each, in no particular order. */
export const readRecentEvents = async (variables: Variables, limit: number): Promise<readonly unknown[]> => {
  const outboxes = (await databaseUrls(readSettings(variables))).map(openOutboxEvents)
  try {
    return (await Promise.all(outboxes.map(outbox => outbox.recent(limit)))).flat()
  } finally {
    await Promise.all(outboxes.map(outbox => outbox.stop()))
  }
}

const consumersOnBroker = consumerQueues.map(({ queue, events }) => ({
  queue,
  types: events.map(({ type }) => type),
}))

// n.b. the payment simulator stands in for another company's service, so it publishes no events
const publishers = statefulNames().filter(service => services[service].kind === 'subgraph')

const databaseUrls = async (settings: Settings): Promise<readonly string[]> => {
  const urls = await Promise.all(publishers.map(service => findDatabaseUrl(settings, service)))
  const known = urls.filter(url => url !== undefined)
  if (known.length > 0) return known
  if (settings.RABBITMQ_URL !== undefined)
    throw new NothingThere(
      'no outbox is known here, which --last reads: name the databases of the services (ORDERS_DATABASE_URL and so on), or leave it out',
    )
  throw new NothingThere(
    'nothing runs here: start npm start, or say where the system is with RABBITMQ_URL, or with the databases of its services (ORDERS_DATABASE_URL and so on)',
  )
}

// n.b. errors are thrown; only a connection that is lost and comes back by itself is reported here
const complaints = {
  info: () => {},
  warn: (_: object, message: string) => console.error(message),
  error: (_: object, message: string) => console.error(message),
}
