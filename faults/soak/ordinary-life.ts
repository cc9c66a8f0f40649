import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '@supergraph/runtime/error-text.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import { Agent } from 'undici'
import { openSocketClient, requestGraphQL } from '../../testbed/graphql-client.ts'
import { createCustomer } from '../../testbed/hostile/customer.ts'
import type { EventContext } from '../events/event-scenario.ts'
import { startVisits } from '../hostile/crowds.ts'
import { usualCards } from '../mixed-load.ts'
import { startBalancer } from '../rolling/balancer.ts'
import { fillShelves, smallBasket } from '../shop/shelves.ts'
import type { Meter } from './meter.ts'
import { createSessions } from './sessions.ts'

/** How often each of these begins. */
const everyMs = {
  page: 80,
  history: 400,
  checkout: 400,
  registration: 4_000,
  session: 2_000,
  screen: 500,
  reconnect: 1_000,
}
const stayMs = { least: 2_000, most: 20_000 }
const products = { count: 20, watched: 5, unitsOfEach: 1_000_000 }
const chances = { cancelled: 0.15, refunded: 0.1, delivered: 0.2, goneWithoutWord: 0.5 }

const gateways = ['gateway-1', 'gateway-2'] as const

type Kind = keyof typeof everyMs

/** What people did, and what they were told instead of an answer. */
export type Done = { readonly kind: Kind; readonly count: number; readonly failures: readonly string[] }

/** People who come and go until stopped. */
export type OrdinaryLife = Running & {
  /** Begins a rush, in which so many times as many of them come, and resolves after some time, when it is over. */
  readonly rush: (times: number, ms: number) => Promise<void>
  readonly done: () => readonly Done[]
}

/**
 * People who read pages and their orders, order, cancel, are refunded, register, sign in, and come to screens and leave them;
 * some of the audience lose their connections and resume. They ask the gateways that are ready.
 */
export const startOrdinaryLife = async (
  { name, system, shop, random, audience }: EventContext,
  { noteMs }: Pick<Meter, 'noteMs'>,
): Promise<OrdinaryLife> => {
  const own = random.fork('life')
  const shelves = await fillShelves(shop, products.count, products.unitsOfEach)
  const ids = shop.customers.flatMap(customer => (customer.kind === 'user' ? [customer.id] : []))
  const tokens = await Promise.all(ids.map(system.accessToken))
  const balancer = startBalancer(gateways.map(system.urlOf))
  const dispatcher = new Agent({ connections: null })
  const oneOf = (texts: readonly string[]) => own.shuffled(texts)[0] ?? ''
  const asking = (accessToken?: string) => ({
    ask: (query: string, variables: object = {}) =>
      requestGraphQL(oneOf(balancer.ready()), { query, variables }, { accessToken, dispatcher }),
  })
  const sessions = createSessions(asking(), own.fork('sessions'))
  let ordered = 0

  const order = async (): Promise<void> => {
    ordered += 1
    const key = `${name} ${ordered}`
    const chosen = own.fork(key)
    const customer = chosen.pick(shop.customers)
    const items = smallBasket(chosen, shelves)
    const beganAtMs = performance.now()
    const reply = await shop.checkOut({ key, customer, items, paymentMethod: chosen.pick(usualCards) })
    noteMs('checkout', performance.now() - beganAtMs)
    if (reply.kind !== 'confirmed' || reply.orderId === null) return
    if (chosen.chance(chances.cancelled)) await shop.cancel(reply.orderId, customer)
    else if (chosen.chance(chances.refunded)) await shop.refund(reply.orderId)
    else if (chosen.chance(chances.delivered)) await shop.deliver(reply.orderId)
  }
  const readHistory = async (): Promise<void> => {
    const { data, errors } = await asking(oneOf(tokens)).ask(history)
    if (errors !== undefined || data.me === null) throw new Error(JSON.stringify(errors))
  }
  const lookAtScreen = async (): Promise<void> => {
    const { client, socket } = openSocketClient(oneOf(balancer.ready()), oneOf(tokens))
    const operation = own.pick([
      { query: news },
      { query: stock, variables: { ids: shelves.slice(0, products.watched).map(({ id }) => id) } },
    ])
    const over = new Promise<void>(resolve => {
      client.subscribe(operation, { next: () => {}, error: () => resolve(), complete: resolve })
    })
    await Promise.race([pause(own.integer(stayMs.least, stayMs.most)), over])
    if (own.chance(chances.goneWithoutWord)) socket()?.terminate()
    await client.dispose()
  }
  const visits: Readonly<Record<Kind, () => Promise<void>>> = {
    page: async () => noteMs('page', await createCustomer(asking(oneOf(tokens))).readPage()),
    history: readHistory,
    checkout: order,
    registration: sessions.register,
    session: sessions.stay,
    screen: lookAtScreen,
    reconnect: async () => own.shuffled(audience.subscribers)[0]?.cut(),
  }

  const done = kinds.map(kind => ({ kind, count: 0, failures: [] as string[] }))
  const startAllVisits = (times: number): Running =>
    together(
      done.map(each =>
        startVisits(everyMs[each.kind] / times, async () => {
          each.count += 1
          await visits[each.kind]().catch((error: unknown) => each.failures.push(messageOf(error)))
        }),
      ),
    )
  const usual = startAllVisits(1)
  return {
    rush: async (times, ms) => {
      const more = startAllVisits(times - 1)
      await pause(ms)
      await more.stop()
    },
    done: () => done,
    stop: async () => {
      await usual.stop()
      await balancer.stop()
      await dispatcher.close()
    },
  }
}

const kinds = Object.keys(everyMs).filter((kind): kind is Kind => kind in everyMs)

const history = `query History { me {
  unreadNotificationCount notifications(first: 10) { edges { node { id } } }
  orders(first: 10) { edges { node { id status total { amountMinor } items { quantity product { name available } } } } }
} }`
const news = 'subscription News { notificationAdded { cursor notification { id } } }'
const stock =
  'subscription Stock($ids: [ID!]!) { productStockChanged(productIds: $ids) { available product { id name } } }'
