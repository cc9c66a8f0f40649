import { setTimeout as pause } from 'node:timers/promises'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { openSocketClient } from '../../testbed/graphql-client.ts'
import { inParallel, waitUntil } from '../../testbed/waiting.ts'
import type { Sockets } from './event-system.ts'

/** The bytes that a waiting subscriber costs in the gateway, and in the worker behind the gateway. */
type BytesPerSubscriber = { readonly gateway: number; readonly worker: number }

/** What idle subscribers cost at each count, and the milliseconds from a commit until all of the last count were told. */
export type IdleSubscribers = {
  readonly bytes: readonly BytesPerSubscriber[]
  readonly broadcastMs: number
}

const opensAtOnce = 50
// n.b. The first sockets also pay for compiled code and opened pools.
const warmUp = 200
const restMs = 3_000

/**
 * Opens as many sockets in steps, each with a subscription of its own, and gives what one costs after each step, beyond
 * 200; then tells all of them of a change.
 */
export const measureMemory = async (
  sockets: Sockets,
  counts: readonly number[],
): Promise<IdleSubscribers> => {
  const stops: (() => void | Promise<void>)[] = []
  let events = 0
  const heard = () => {
    events += 1
  }
  const read = async () => {
    // n.b. The garbage that opening has made is collected only after a while.
    await pause(restMs)
    return {
      gateway: await sockets.residentBytes('gateway'),
      worker: await sockets.residentBytes('notifications'),
    }
  }
  try {
    const openUpTo = async (count: number) => {
      await inParallel(count - stops.length, opensAtOnce, async () => {
        stops.push(await open(sockets, heard))
      })
    }
    await openUpTo(warmUp)
    const warm = await read()
    const results: BytesPerSubscriber[] = []
    for (const count of counts) {
      await openUpTo(count)
      const now = await read()
      const added = count - warmUp
      results.push({
        gateway: (now.gateway - warm.gateway) / added,
        worker: (now.worker - warm.worker) / added,
      })
    }
    const eventsBefore = events
    await sockets.changeStock()
    const startedAt = performance.now()
    await waitUntil('all subscribers are told', async () => events >= eventsBefore + stops.length, {
      timeoutMs: 60_000,
    })
    return { bytes: results, broadcastMs: performance.now() - startedAt }
  } finally {
    await Promise.all(stops.map(stop => stop()))
  }
}

/** Resolves once the subscription has told what it knows at its beginning. */
const open = async (
  { url, accessToken, productId }: Sockets,
  heard: () => void,
): Promise<() => void | Promise<void>> => {
  const { client } = openSocketClient(url, await accessToken(uuidv7()))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.subscribe(
    {
      query: 'subscription ($ids: [ID!]!) { productStockChanged(productIds: $ids) { available } }',
      variables: { ids: [productId] },
    },
    {
      next: () => {
        heard()
        resolve()
      },
      error: reject,
      complete: () => {},
    },
  )
  await promise
  return () => client.dispose()
}
