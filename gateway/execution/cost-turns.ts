import { networkOf } from '@supergraph/runtime/network.ts'
import { clientGone, gatewayError } from '../errors.ts'
import type { OperationContext } from '../subgraphs/call.ts'

type Waiting = { readonly cost: number; readonly begin: () => void }
type Client = { underWay: number; readonly waiting: Waiting[] }

// n.b. A page of 20 products costs 70, a checkout 20.
const freeCost = 100
const clientsAtOnce = 8
const maxWaitingPerClient = 1_000

/**
 * Bounds what the operations under way cost together: of one client `maxCost`, of all clients eight times that. The rest
 * wait, and clients take turns. What costs at most 100 never waits. An operation whose client has gone is not begun; a
 * client with 1,000 operations that wait gets TOO_MANY_OPERATIONS.
 */
export const createCostTurns = (maxCost: number) => {
  const clients = new Map<string, Client>()
  let underWay = 0

  const fits = (taken: number, cost: number, allowed: number) => taken === 0 || taken + cost <= allowed

  const beginNext = (): void => {
    // n.b. a Map's iteration comes to a client again that is put back at its end
    for (const [name, client] of clients) {
      const [next] = client.waiting
      if (next === undefined || !fits(client.underWay, next.cost, maxCost)) continue
      // n.b. smaller ones would take what becomes free, and this one would wait for ever
      if (!fits(underWay, next.cost, clientsAtOnce * maxCost)) return
      client.waiting.shift()
      clients.delete(name)
      clients.set(name, client)
      change(client, next.cost)
      next.begin()
    }
  }

  const change = (client: Client, cost: number): void => {
    client.underWay += cost
    underWay += cost
  }

  const take = (name: string, cost: number): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const client = clients.get(name) ?? { underWay: 0, waiting: [] }
      if (client.waiting.length >= maxWaitingPerClient)
        return reject(gatewayError('TOO_MANY_OPERATIONS', tooMany))
      clients.set(name, client)
      const giveBack = (): void => {
        change(client, -cost)
        if (client.underWay === 0 && client.waiting.length === 0) clients.delete(name)
        beginNext()
      }
      client.waiting.push({ cost, begin: () => resolve(giveBack) })
      beginNext()
    })

  return {
    run: async <T>(cost: number, caller: OperationContext, task: () => Promise<T>): Promise<T> => {
      if (cost <= freeCost) return task()
      const giveBack = await take(nameOf(caller), cost)
      try {
        if (caller.gone?.aborted) throw clientGone()
        return await task()
      } finally {
        giveBack()
      }
    },
  }
}

const tooMany = 'Too many costly operations wait: send fewer at a time, or ask for smaller pages.'

/** A client is a user, or whoever calls from one network without a token. */
const nameOf = ({ viewer, clientAddress = '' }: OperationContext): string =>
  viewer.kind === 'user' ? `user ${viewer.id}` : networkOf(clientAddress)
