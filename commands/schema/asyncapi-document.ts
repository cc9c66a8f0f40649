import { contractOf, type EventType, envelopeAttributes } from '@supergraph/messaging/envelope.ts'
import { eventsExchange } from '@supergraph/messaging/rabbitmq/topology.ts'
import { contracts } from '@supergraph/schema/events/contracts.ts'
import { type ConsumerQueue, consumerQueues, listeners } from '@supergraph/schema/events/queues.ts'
import { z } from 'zod'

/** Of whom an AsyncAPI document tells: all publishers, consumers and listeners, unless told otherwise. */
export type EventWorld = {
  readonly contracts: readonly EventType[]
  readonly consumerQueues: readonly ConsumerQueue[]
  readonly listeners: Readonly<Record<string, readonly EventType[]>>
}

/** Describes all events in AsyncAPI 3.0: a channel per routing key and per queue, who sends, who receives. */
export const createAsyncApi = (world: EventWorld = { contracts, consumerQueues, listeners }) => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Commerce Supergraph events',
    version: '1.0.0',
    description:
      'CloudEvents 1.0 in JSON. They come at least once, those of one subject in order; consumers drop what is stale by its version. Contracts only grow: a breaking change is a new event, such as order.placed.v2.',
  },
  defaultContentType: 'application/json',
  servers: {
    rabbitmq: {
      host: 'localhost:5672',
      protocol: 'amqp',
      protocolVersion: '0.9.1',
      description: 'The broker that RABBITMQ_URL names; RABBITMQ_NAMESPACE comes before the names on it.',
    },
  },
  channels: {
    ...keyed(world.contracts, ({ type }) => type, eventChannel),
    ...keyed(world.consumerQueues, ({ queue }) => queue, queueChannel),
  },
  operations: {
    ...keyed(world.contracts, ({ source, type }) => `${source}.sends.${type}`, sendOperation),
    ...keyed(world.consumerQueues, ({ queue }) => queue, receiveOperation),
    ...keyed(
      Object.entries(world.listeners).flatMap(([service, events]) =>
        events.map(({ type }) => ({ service, type })),
      ),
      ({ service, type }) => `${service}.hears.${type}`,
      hearOperation,
    ),
  },
  components: {
    messages: keyed(world.contracts, ({ type }) => type, message),
    schemas: {
      cloudEvent: jsonSchemaOf(envelopeAttributes),
      ...keyed(
        world.contracts,
        ({ type }) => type,
        ({ dataSchema }) => jsonSchemaOf(dataSchema),
      ),
    },
  },
})

const bindingVersion = '0.3.0'

const eventChannel = ({ type }: EventType) => ({
  address: type,
  messages: { [type]: ref('components/messages', type) },
  bindings: {
    amqp: {
      is: 'routingKey',
      exchange: { name: eventsExchange, type: 'topic', durable: true, autoDelete: false },
      bindingVersion,
    },
  },
})

const queueChannel = ({ queue, events }: ConsumerQueue) => ({
  address: queue,
  description: `A quorum queue that is bound to ${eventsExchange} by the type of each of its messages. What it gives up after five attempts goes to ${queue}.dead.`,
  messages: keyed(
    events,
    ({ type }) => type,
    ({ type }) => ref('components/messages', type),
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

const ref = (folder: string, name: string) => ({ $ref: `#/${folder}/${name}` })

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
      // n.b. zod spells a format out as a pattern besides
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    },
  })
  return rest
}
