import { posix } from 'node:path'
import type { ConsumerQueue } from '@supergraph/messaging/consumer.ts'
import { contractOf, type EventType, envelopeAttributes } from '@supergraph/messaging/envelope.ts'
import { eventsExchange } from '@supergraph/messaging/rabbitmq/topology.ts'
import { z } from 'zod'
import type { Receiver } from '../../queues.ts'

/** The document of all that is published, which the documents of the receivers refer to. */
export const publishedFile = 'schema/asyncapi.yaml'

/** The document of what a service receives, by the service's folder. */
export const receivedFile = (folder: string): string => `${folder}/generated/asyncapi.yaml`

/** Describes all events in AsyncAPI 3.0: a channel per routing key, and who sends. */
export const createPublishedApi = (contracts: readonly EventType[]) => ({
  asyncapi,
  info: {
    title: 'Commerce Supergraph events',
    version: '1.0.0',
    description:
      'CloudEvents 1.0 in JSON. They come at least once, those of one subject in order; consumers drop what is stale by its version. Contracts only grow: a breaking change is a new event, such as order.placed.v2.',
  },
  defaultContentType: 'application/json',
  servers,
  channels: keyed(
    contracts,
    ({ type }) => type,
    event => eventChannel(event, ref),
  ),
  operations: keyed(contracts, ({ source, type }) => `${source}.sends.${type}`, sendOperation),
  components: {
    messages: keyed(contracts, ({ type }) => type, message),
    schemas: {
      cloudEvent: jsonSchemaOf(envelopeAttributes),
      ...keyed(
        contracts,
        ({ type }) => type,
        ({ dataSchema }) => jsonSchemaOf(dataSchema),
      ),
    },
  },
})

/** Describes what one service receives in AsyncAPI 3.0: a channel per queue, and per event that it listens to. */
export const createReceivedApi = ({ service, queues, listensTo }: Receiver, folder: string) => {
  const published = refTo(posix.relative(posix.dirname(receivedFile(folder)), publishedFile))
  return {
    asyncapi,
    info: { title: `Commerce Supergraph events that ${service} receives`, version: '1.0.0' },
    defaultContentType: 'application/json',
    servers,
    channels: {
      ...keyed(
        queues,
        ({ queue }) => queue,
        queue => queueChannel(queue, published),
      ),
      ...keyed(
        listensTo,
        ({ type }) => type,
        event => eventChannel(event, published),
      ),
    },
    operations: {
      ...keyed(queues, ({ queue }) => queue, receiveOperation),
      ...keyed(listensTo, ({ type }) => `${service}.hears.${type}`, hearOperation),
    },
  }
}

const asyncapi = '3.0.0'

const servers = {
  rabbitmq: {
    host: 'localhost:5672',
    protocol: 'amqp',
    protocolVersion: '0.9.1',
    description: 'The broker that RABBITMQ_URL names; RABBITMQ_NAMESPACE comes before the names on it.',
  },
}

const bindingVersion = '0.3.0'

const eventChannel = ({ type }: EventType, published: Ref) => ({
  address: type,
  messages: { [type]: published('components/messages', type) },
  bindings: {
    amqp: {
      is: 'routingKey',
      exchange: { name: eventsExchange, type: 'topic', durable: true, autoDelete: false },
      bindingVersion,
    },
  },
})

const queueChannel = ({ queue, events }: ConsumerQueue, published: Ref) => ({
  address: queue,
  description: `A quorum queue that is bound to ${eventsExchange} by the type of each of its messages, and by its own name for what is sent to it alone. What it gives up after five attempts goes to ${queue}.dead.`,
  messages: keyed(
    events,
    ({ type }) => type,
    ({ type }) => published('components/messages', type),
  ),
  bindings: {
    amqp: {
      is: 'queue',
      queue: { name: queue, durable: true, exclusive: false, autoDelete: false },
      bindingVersion,
    },
  },
})

const sendOperation = ({ type }: EventType) => ({
  action: 'send',
  channel: ref('channels', type),
  messages: [ref(`channels/${type}/messages`, type)],
  bindings: { amqp: { deliveryMode: 2, mandatory: true, bindingVersion } },
})

const receiveOperation = ({ queue, events }: ConsumerQueue) => ({
  action: 'receive',
  channel: ref('channels', queue),
  messages: events.map(({ type }) => ref(`channels/${queue}/messages`, type)),
  bindings: { amqp: { ack: true, bindingVersion } },
})

const hearOperation = ({ type }: Pick<EventType, 'type'>) => ({
  action: 'receive',
  description:
    'Each process hears it on a queue of its own that ends with the process: nothing is kept for it.',
  channel: ref('channels', type),
  messages: [ref(`channels/${type}/messages`, type)],
  bindings: { amqp: { ack: false, bindingVersion } },
})

const message = ({ type, source }: EventType) => ({
  name: type,
  contentType: 'application/cloudevents+json',
  bindings: { amqp: { messageType: type, bindingVersion } },
  payload: {
    allOf: [
      ref('components/schemas', 'cloudEvent'),
      {
        type: 'object',
        properties: {
          type: { const: type },
          source: { const: source },
          dataschema: { const: contractOf(type) },
          data: ref('components/schemas', type),
        },
        required: ['type', 'source', 'data'],
      },
    ],
  },
})

type Ref = (folder: string, name: string) => { readonly $ref: string }

/** References to a file; without one, to the document itself. */
const refTo =
  (file = ''): Ref =>
  (folder, name) => ({ $ref: `${file}#/${folder}/${name}` })

const ref = refTo()

const keyed = <Item, Value>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  describe: (item: Item) => Value,
): Readonly<Record<string, Value>> => Object.fromEntries(items.map(item => [keyOf(item), describe(item)]))

/** What a publisher sends, in the dialect of AsyncAPI 3.0; open to fields that come later. */
const jsonSchemaOf = (schema: z.ZodType) => {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'output',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      // n.b. zod adds a pattern that says the same as the format
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    },
  })
  return rest
}
