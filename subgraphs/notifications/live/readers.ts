import { placedTopic, type Topic, topicOf } from '../database/announcements.ts'
import { type NotificationPosition, notificationsPerRead } from '../database/notification-store.ts'
import { type PlacedOrder, type PlacedPosition, placedOrdersPerRead } from '../database/placed-order-store.ts'
import type { ProductStock, ProductVersion } from '../database/product-stock-store.ts'
import type { NotificationRow } from '../database/tables.ts'
import { withoutGap } from '../domain/version-order.ts'
import type { Found, Reader, Refuse } from './follow.ts'

type Read<Position, Value> = (position: Position) => Promise<readonly Value[]>

const firstUnsettledWaitMs = 5
const longestUnsettledWaitMs = 50

/** A notification as an event, which tells when it happened. */
export type NotificationNews = NotificationRow & { readonly occurredAt: Date }

/**
 * Reads a user's notifications after the number `after`, in order and without a gap; `lastSeq` is the user's newest
 * number so far. Refuses if the next one is no longer kept, or if the user never had a notification `after`.
 */
export class NotificationReader implements Reader<NotificationNews> {
  readonly #since: Read<NotificationPosition, NotificationRow>
  readonly #refuse: Refuse
  readonly #userId: string
  readonly #lastSeq: number
  readonly #isUnknown: boolean
  #last: number

  constructor(
    since: Read<NotificationPosition, NotificationRow>,
    { userId, after, lastSeq }: { readonly userId: string; readonly after: number; readonly lastSeq: number },
    refuse: Refuse,
  ) {
    this.#since = since
    this.#refuse = refuse
    this.#userId = userId
    this.#lastSeq = lastSeq
    this.#isUnknown = after > lastSeq
    this.#last = after
  }

  get topics(): readonly Topic[] {
    return [topicOf('user', this.#userId)]
  }

  async read(): Promise<Found<NotificationNews>> {
    if (this.#isUnknown) throw this.#refuse({ kind: 'unknownCursor' })
    const newer = await this.#since({ userId: this.#userId, seq: this.#last })
    const values = withoutGap(newer, this.#last, row => row.seq)
    if (values.length === 0 && (newer.length > 0 || this.#last < this.#lastSeq))
      throw this.#refuse({ kind: 'prunedNotifications' })
    this.#last += values.length
    const isAll = values.length === newer.length && newer.length < notificationsPerRead
    const news = values.map(row => ({ ...row, occurredAt: row.createdAt }))
    return { values: news, lookAgainInMs: isAll ? undefined : 0 }
  }
}

/** Reads the orders that are placed after a position, each once, in the order in which they were stored. */
export class PlacedReader implements Reader<PlacedOrder> {
  readonly #since: Read<PlacedPosition, PlacedOrder>
  #position: PlacedPosition
  #waitMs = firstUnsettledWaitMs

  constructor(since: Read<PlacedPosition, PlacedOrder>, start: PlacedPosition) {
    this.#since = since
    this.#position = start
  }

  get topics(): readonly Topic[] {
    return [placedTopic]
  }

  async read(): Promise<Found<PlacedOrder>> {
    const newer = await this.#since(this.#position)
    const unsettled = newer.findIndex(({ isSettled }) => !isSettled)
    const values = unsettled === -1 ? newer : newer.slice(0, unsettled)
    const last = values.at(-1)
    if (last !== undefined)
      this.#position = {
        beganWith: this.#position.beganWith,
        storedIn: last.storedIn,
        orderId: last.orderId,
      }
    if (unsettled !== -1) {
      const lookAgainInMs = this.#waitMs
      this.#waitMs = Math.min(this.#waitMs * 2, longestUnsettledWaitMs)
      return { values, lookAgainInMs }
    }
    this.#waitMs = firstUnsettledWaitMs
    return { values, lookAgainInMs: newer.length < placedOrdersPerRead ? undefined : 0 }
  }
}

/** Reads the stock of these products, and after that the stock of each product that changed; only the newest state. */
export class StockReader implements Reader<ProductStock> {
  readonly #newerThan: Read<readonly ProductVersion[], ProductStock>
  #seen: readonly ProductVersion[]

  constructor(newerThan: Read<readonly ProductVersion[], ProductStock>, productIds: readonly string[]) {
    this.#newerThan = newerThan
    this.#seen = productIds.map(id => [id, -1])
  }

  get topics(): readonly Topic[] {
    return this.#seen.map(([id]) => topicOf('product', id))
  }

  async read(): Promise<Found<ProductStock>> {
    const values = await this.#newerThan(this.#seen)
    const read = new Map(values.map(({ productId, version }) => [productId, version]))
    this.#seen = this.#seen.map(([id, version]) => [id, read.get(id) ?? version])
    return { values }
  }
}
