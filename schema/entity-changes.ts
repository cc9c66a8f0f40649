import type { EventType } from '@supergraph/messaging/envelope.ts'
import { ProductUpdated } from './events/products.ts'

/** An event that tells of a change of an entity. */
export type EntityChange = {
  readonly event: EventType
  /** The entity's type, and the field that is its key: one that never changes, and the same in all changes of the type. */
  readonly type: string
  readonly key: string
  /** Reads the value of the key; throws a ZodError if it is another event. */
  readonly read: (envelope: unknown) => string
}

const changeOf = <Data>(
  event: EventType<Data>,
  type: string,
  key: string,
  read: (data: Data) => string,
): EntityChange => ({ event, type, key, read: envelope => read(event.parse(envelope).data) })

/** All events that tell of changes of entities. n.b. stock is not kept, and its events are many. */
export const entityChanges: readonly EntityChange[] = [
  changeOf(ProductUpdated, 'Product', 'id', ({ productId }) => productId),
]
