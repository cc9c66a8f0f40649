import { networkOf } from '@supergraph/runtime/network.ts'
import { clientGone, gatewayError } from '../errors.ts'
import type { Cost } from '../limits/operations.ts'
import type { OperationContext } from '../subgraphs/call.ts'

type Waiting = { readonly cost: Cost; readonly begin: () => void }
type Client = { underWay: number; readonly waiting: Waiting[] }

// n.b. A page of 20 products costs 70; a checkout costs 20 here, and 500 in all.
const freeCost = 100
const clientsAtOnce = 8
const maxWaitingPerClient = 1_000

/**
 * Bounds what the operations under way cost together: of one client `maxCost` in all, of all clients eight times that in
 * the gateway's work. The rest wait, and clients take turns. What costs at most 100 never waits, and what costs at most 100
 * here waits for operations of its own client alone. An operation whose client has gone is not begun; a client with 1,000
 * operations that wait gets TOO_MANY_OPERATIONS. Events that several clients without a token hear are those of one more client.
 */
export const createCostTurns = (maxCost: number) => {
  const clients = new Map<string, Client>()
  let underWay = 0
  let waiting = 0

  const fits = (taken: number, cost: number, allowed: number) => taken === 0 || taken + cost <= allowed

  const hasRoom = (here: number): boolean => here <= freeCost || fits(underWay, here, clientsAtOnce * maxCost)
  const mayBegin = (client: Client, { whole, here }: Cost): boolean =>
    fits(client.underWay, whole, maxCost) && hasRoom(here)

  const beginNext = (): void => {
    if (waiting === 0) return
    let isFull = false
    // n.b. a Map's iteration comes to a client again that is put back at its end
    for (const [name, client] of clients) {
      const [next] = client.waiting
      if (next === undefined || !fits(client.underWay, next.cost.whole, maxCost)) continue
      if (next.cost.here > freeCost) {
        // n.b. smaller ones would take what becomes free, and the first one would wait for ever
        isFull ||= !hasRoom(next.cost.here)
        if (isFull) continue
      }
      client.waiting.shift()
      waiting -= 1
      clients.delete(name)
      clients.set(name, client)
      change(client, next.cost, 1)
      next.begin()
    }
  }

  const change = (client: Client, { whole, here }: Cost, sign: 1 | -1): void => {
    client.underWay += sign * whole
    if (here > freeCost) underWay += sign * here
  }

  const take = (name: string, cost: Cost): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const client = clients.get(name) ?? { underWay: 0, waiting: [] }
      if (client.waiting.length >= maxWaitingPerClient)
        return reject(gatewayError('TOO_MANY_OPERATIONS', tooMany))
      clients.set(name, client)
      const giveBack = (): void => {
        change(client, cost, -1)
        if (client.underWay === 0 && client.waiting.length === 0) clients.delete(name)
        beginNext()
      }
      if (waiting === 0 && mayBegin(client, cost)) {
        change(client, cost, 1)
        return resolve(giveBack)
      }
      client.waiting.push({ cost, begin: () => resolve(giveBack) })
      waiting += 1
      beginNext()
    })

  const runInTurn = async <T>(cost: Cost, caller: OperationContext, task: () => Promise<T>): Promise<T> => {
    const giveBack = await take(nameOf(caller), cost)
    try {
      if (caller.gone?.aborted) throw clientGone()
      return await task()
    } finally {
      giveBack()
    }
  }

  const mayWait = ({ whole }: Cost): boolean => whole > freeCost

  return {
    /** Whether an operation of this cost may have to wait for its turn. */
    mayWait,
    run: <T>(cost: Cost, caller: OperationContext, task: () => Promise<T>): Promise<T> =>
      mayWait(cost) ? runInTurn(cost, caller, task) : task(),
  }
}

const tooMany = 'Too many costly operations wait: send fewer at a time, or ask for smaller pages.'

/** A client is a user, or whoever calls from one network without a token; what is for several of those is for one more. */
const nameOf = ({ viewer, isShared, clientAddress = '' }: OperationContext): string => {
  if (viewer.kind === 'user') return `user ${viewer.id}`
  return isShared ? 'several networks' : networkOf(clientAddress)
}
