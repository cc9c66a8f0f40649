import { expect, it } from 'vitest'
import { hashCancelOrder, hashPlaceOrder, hashRefundOrder } from './input-hash.ts'

const shippingAddress = {
  name: 'Ada Lovelace',
  line1: '1 Engine Lane',
  line2: null,
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
}
const [a, b] = [
  { productId: 'a', quantity: 1 },
  { productId: 'b', quantity: 3 },
]

it('a request has the hash that every release gives it, so that its key can be used across an upgrade', () => {
  const paymentMethod = 'pm_card_visa'
  expect(hashPlaceOrder({ items: [b, a], paymentMethod, shippingAddress, expectedTotalMinor: null })).toBe(
    'HAXftghDUmOUYSSgBW54mG0qL6YBhOOwjGSBUBbJuLs',
  )
  expect(hashCancelOrder({ orderId: 'O', reason: 'why' })).toBe('ZMMB7xa8W-SoXhSIWKeE5adbKtU6Weq7UOqqq0Jnqzk')
  expect(hashCancelOrder({ orderId: 'o', reason: null })).toBe('-aWaNeRv64ktiQngdeORDoOHb2AiZbvxLcsn8Iij0AY')
  expect(hashRefundOrder({ orderId: 'O', items: [{ ...b, quantity: 2 }, a], reason: 'why' })).toBe(
    'Jdtpjz6jNFy4AMvuZQpTGixDtkdGTNzvrZtiebloFec',
  )
  expect(hashRefundOrder({ orderId: 'o', items: null, reason: null })).toBe(
    '15KyspecdFr2F8ezseqOhVnwLMOpKzyapEIo6syxW3o',
  )
})
