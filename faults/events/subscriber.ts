import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { openSocketClient } from '../../testbed/graphql-client.ts'
import type { Random } from '../../testbed/random.ts'

/** A subscriber who wants every notification, whatever happens to the connection. */
export type Subscriber = Running & {
  readonly userId: string
  /** The ids of the notifications, in the order in which they came. */
  readonly received: readonly string[]
  /** The errors of the gateways to which a client can not simply react by subscribing again. */
  readonly complaints: readonly string[]
  readonly isConnected: () => boolean
  /** How many connections it has opened so far. */
  readonly connections: () => number
  /** Breaks the connection without closing it; the next connection goes to another gateway. */
  readonly cut: () => void
}

const notificationAdded = `subscription NotificationAdded($after: String) {
  notificationAdded(after: $after) { cursor notification { id } }
}`

const event = z.object({
  notificationAdded: z.object({ cursor: z.string(), notification: z.object({ id: z.string() }) }),
})

const maxDoublings = 3
const passingCodes = ['SERVICE_UNAVAILABLE', 'SLOW_CONSUMER', 'TIMEOUT']

/** Subscribes from a cursor on, and again from the last one whenever the subscription ends. */
export const openSubscriber = ({
  userId,
  token,
  gateways,
  after,
  random,
  endCodes,
}: {
  readonly userId: string
  readonly token: string
  readonly gateways: readonly string[]
  readonly after: string
  readonly random: Random
  /** With which codes the subscription may end, beside those after which everybody subscribes again. */
  readonly endCodes: readonly string[]
}): Subscriber => {
  const received: string[] = []
  const complaints = new Set<string>()
  let cursor = after
  const firstGateway = random.integer(0, gateways.length - 1)
  let connections = 0
  let connection: ReturnType<typeof openSocketClient> | undefined
  let refusals = 0
  let isOver = false

  const take = (data: unknown, errors: readonly unknown[] | undefined): void => {
    const taken = event.safeParse(data)
    if (!taken.success || errors !== undefined) {
      complaints.add(`an event without data: ${JSON.stringify({ data, errors })}`)
      return
    }
    const { notification, ...next } = taken.data.notificationAdded
    received.push(notification.id)
    cursor = next.cursor
  }

  /** Resolves when the subscription is over. */
  const subscribe = async (): Promise<void> => {
    const url = gateways[(firstGateway + connections) % gateways.length] ?? ''
    connections += 1
    connection = openSocketClient(url, token)
    const { client } = connection
    await new Promise<void>(resolve => {
      client.subscribe(
        { query: notificationAdded, variables: { after: cursor } },
        {
          next: ({ data, errors }) => take(data, errors),
          error: error => {
            const codes = codesIn(error)
            // n.b. A refused subscriber waits longer each time, since many at once would keep the gateways busy.
            refusals = codes.length === 0 ? 0 : refusals + 1
            for (const code of codes) {
              if (![...passingCodes, ...endCodes].includes(code))
                complaints.add(`the subscription ended with ${code}`)
            }
            resolve()
          },
          complete: resolve,
        },
      )
    })
    await client.dispose()
  }

  const watching = (async () => {
    while (!isOver) {
      await subscribe()
      if (!isOver) await pause(random.integer(20, 200) * 2 ** Math.min(refusals, maxDoublings))
    }
  })()

  return {
    userId,
    received,
    get complaints() {
      return [...complaints]
    },
    isConnected: () => connection?.socket()?.readyState === WebSocket.OPEN,
    connections: () => connections,
    cut: () => connection?.socket()?.terminate(),
    stop: async () => {
      isOver = true
      connection?.socket()?.terminate()
      await watching
    },
  }
}

const errors = z.array(z.object({ extensions: z.object({ code: z.string() }) }))

/** n.b. A broken connection ends the subscription with an event of the socket, which is no GraphQL error. */
const codesIn = (error: unknown): readonly string[] =>
  (errors.safeParse(error).data ?? []).map(({ extensions }) => extensions.code)
