import { setTimeout as pause } from 'node:timers/promises'
import { uuidv7 } from '@supergraph/runtime/uuid.ts'
import { openSocketClient } from '../../testbed/graphql-client.ts'
import { inParallel } from '../../testbed/waiting.ts'
import type { Sockets } from './event-system.ts'

/** The bytes that a waiting subscriber costs in the gateway, and in the worker behind the gateway. */
type BytesPerSubscriber = { readonly gateway: number; readonly worker: number }

const opensAtOnce = 50
// n.b. The first sockets also pay for compiled code and opened pools.
const warmUp = 200
const restMs = 3_000

/** Opens as many sockets in steps, each with a subscription of its own, and gives what one costs after each step, beyond 200. */
export const measureMemory = async (
  sockets: Sockets,
  counts: readonly number[],
): Promise<readonly BytesPerSubscriber[]> => {
  const stops: (() => void | Promise<void>)[] = []
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
        stops.push(await open(sockets))
      })
    }
    await openUpTo(warmUp)
    const before = await read()
    const results: BytesPerSubscriber[] = []
    for (const count of counts) {
      await openUpTo(count)
      const now = await read()
      const added = count - warmUp
      results.push({
        gateway: (now.gateway - before.gateway) / added,
        worker: (now.worker - before.worker) / added,
      })
    }
    return results
  } finally {
    await Promise.all(stops.map(stop => stop()))
  }
}

/** Resolves once the subscription has told what it knows at its beginning. */
const open = async ({ url, accessToken, productId }: Sockets): Promise<() => void | Promise<void>> => {
  const { client } = openSocketClient(url, await accessToken(uuidv7()))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.subscribe(
    {
      query: 'subscription ($ids: [ID!]!) { productStockChanged(productIds: $ids) { available } }',
      variables: { ids: [productId] },
    },
    { next: () => resolve(), error: reject, complete: () => {} },
  )
  await promise
  return () => client.dispose()
}
