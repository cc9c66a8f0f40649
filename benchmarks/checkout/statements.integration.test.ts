import { afterAll, expect, it } from 'vitest'
import { prepareCheckoutSystem } from './checkout-system.ts'
import { recordCheckouts } from './recording.ts'
import { openShop } from './shop.ts'

const most = { statements: 20, transactions: 8 }

const system = await prepareCheckoutSystem()
afterAll(system.stop)
const services = await system.startHere()
afterAll(services.stop)
const shop = openShop(system)
afterAll(shop.stop)

// n.b. counted as the benchmark's floor counts: BEGIN and COMMIT are statements, and a statement alone is a transaction
it(`costs orders and products at most ${most.statements} statements in ${most.transactions} transactions`, async () => {
  const basket = [await shop.addProduct('MUG'), await shop.addProduct('TEA')] as const
  const { checkouts } = await recordCheckouts(3, async () => expect(await shop.checkOut(basket)).toBe(true))
  for (const checkout of checkouts) {
    const transactions = checkout.filter(({ database }) => database === 'orders' || database === 'products')
    const statements = transactions.flatMap(({ statements }) => statements.map(({ text }) => text))
    expect.soft(statements.length, statements.join('\n')).toBeLessThanOrEqual(most.statements)
    expect.soft(transactions.length, statements.join('\n')).toBeLessThanOrEqual(most.transactions)
  }
})
