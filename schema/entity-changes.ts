import type { EventType } from '@supergraph/messaging/envelope.ts'
import { ProductUpdated } from './events/products.ts'

/** An event that tells of a change of an entity. */
export type EntityChange = {
  readonly event: EventType
  /** The entity's type, and those of its fields of which each alone is a key that the event names. */
  readonly type: string
  readonly keys: readonly string[]
  /** Reads the values of the keys; throws a ZodError if it is another event. */
  readonly read: (envelope: unknown) => Readonly<Record<string, string>>
}

const changeOf = <Data, Key extends string>(
  event: EventType<Data>,
  type: string,
  keys: Readonly<Record<Key, (data: Data) => string>>,
): EntityChange => ({
  event,
  type,
  keys: Object.keys(keys),
  read: envelope => {
    const { data } = event.parse(envelope)
    return Object.fromEntries(
      Object.entries<(data: Data) => string>(keys).map(([key, read]) => [key, read(data)]),
    )
  },
})

/** All events that tell of changes of entities. n.b. stock is not kept, and its events are many. */
export const entityChanges: readonly EntityChange[] = [
  changeOf(ProductUpdated, 'Product', { id: ({ productId }) => productId, sku: ({ sku }) => sku }),
]
