import { createHash } from 'node:crypto'
import { addUp, type Units } from './refund.ts'

/** SHA-256 (base64url) of an order's lines, payment and address; the order of the lines makes no difference. */
export const hashPlaceOrder = (input: {
  readonly items: readonly Units[]
  readonly paymentMethod: string
  readonly shippingAddress: object
  readonly expectedTotalMinor: number | null
}): string =>
  hash([toPairs(input.items), input.paymentMethod, input.shippingAddress, input.expectedTotalMinor])

/** SHA-256 (base64url) of which order is cancelled, and why. */
export const hashCancelOrder = (input: {
  readonly orderId: string
  readonly reason: string | null
}): string => hash([input.orderId.toLowerCase(), input.reason])

/** SHA-256 (base64url) of what is refunded, and why; the order and the number of the items make no difference. */
export const hashRefundOrder = (input: {
  readonly orderId: string
  readonly items: readonly Units[] | null
  readonly reason: string | null
}): string => hash([input.orderId.toLowerCase(), input.items && toPairs(addUp(input.items)), input.reason])

const toPairs = (items: readonly Units[]) =>
  items
    .map(({ productId, quantity }) => [productId, quantity] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))

// n.b. a request that is repeated after an upgrade must have its old hash: the parts and their order must not change
const hash = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
