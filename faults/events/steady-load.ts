import { messageOf } from '@supergraph/runtime/error-text.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { Agent } from 'undici'
import { type Operation, requestGraphQL } from '../../testbed/graphql-client.ts'
import { waitUntil } from '../../testbed/waiting.ts'
import type { ScenarioContext } from '../scenario.ts'

/** Requests to gateways at a steady rate, whatever else happens. */
export type SteadyLoad = Running & {
  readonly sent: () => number
  /** The answers that were not as they should be, in words. */
  readonly failures: readonly string[]
  /** Resolves when so many requests more are answered. */
  readonly goesOn: (answers: number) => Promise<void>
}

const readEveryMs = 8_000
const orderEveryMs = 80_000
const units = 100_000

const catalogue =
  '{ products(first: 5) { edges { node { id name available unitsSold price { amountMinor } } } } }'
const mine =
  '{ me { id unreadNotificationCount orders(first: 3) { edges { node { id items { product { name } } } } } } }'
// n.b. An upgrade is done under the operations of clients that know the earlier release.
const purchase =
  'mutation PlaceOrder($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename ... on PlaceOrderSuccess { order { id status } } ... on Failure { message } } }'

/**
 * Lets so many people read every 8 s and order every 80 s, evenly, at all gateways in turn that `gateways` names at that
 * moment; half of the readers are guests.
 */
export const startSteadyLoad = async (
  { name, system, shop }: ScenarioContext,
  people: number,
  gateways: () => readonly string[],
): Promise<SteadyLoad> => {
  const product = await shop.createProduct(units)
  const ids = shop.customers.flatMap(customer => (customer.kind === 'user' ? [customer.id] : []))
  const tokens = await Promise.all(ids.map(system.accessToken))
  const dispatcher = new Agent({ connections: null })
  const failures: string[] = []
  const underWay = new Set<Promise<void>>()
  let sent = 0
  let answered = 0

  const ask = (operation: Operation, customer: number | undefined, isRight: (data: unknown) => boolean) => {
    const usable = gateways()
    const url = usable[sent % usable.length] ?? ''
    sent += 1
    const accessToken = customer === undefined ? undefined : tokens[customer]
    const asked = requestGraphQL(url, operation, { accessToken, dispatcher })
      .then(({ data, errors }) => {
        if (errors !== undefined || !isRight(data))
          failures.push(JSON.stringify({ data, errors }).slice(0, 500))
      })
      .catch((error: unknown) => void failures.push(messageOf(error)))
      .finally(() => {
        answered += 1
        underWay.delete(asked)
      })
    underWay.add(asked)
  }
  const read = () => {
    const customer = sent % 2 === 0 ? undefined : sent % ids.length
    const wanted = customer === undefined ? '"unitsSold":' : `"me":{"id":"${ids[customer]}"`
    ask({ query: customer === undefined ? catalogue : mine }, customer, data =>
      JSON.stringify(data).includes(wanted),
    )
  }
  const order = () => {
    const input = {
      idempotencyKey: `${name} ${sent}`,
      items: [{ productId: product.id, quantity: 1 }],
      paymentMethod: 'pm_card_visa',
      shippingAddress: { ...address, line1: `${name} ${sent}` },
    }
    ask({ query: purchase, variables: { input } }, sent % ids.length, data =>
      /"status":"(CONFIRMED|PENDING)"/.test(JSON.stringify(data)),
    )
  }
  const timers = [setInterval(read, readEveryMs / people), setInterval(order, orderEveryMs / people)]

  return {
    sent: () => sent,
    failures,
    goesOn: async answers => {
      const wanted = answered + answers
      await waitUntil('requests are answered', async () => answered >= wanted)
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      await Promise.all(underWay)
      await dispatcher.close()
    },
  }
}

const address = { name: 'Ada Lovelace', city: 'London', postalCode: 'SW1Y 4LB', country: 'GB' }
