import { within } from '@supergraph/runtime/deadline.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { startLoop } from '@supergraph/runtime/loop.ts'
import type { Channel, Connection } from 'rabbitmq-client'
import { closeInTime } from './client.ts'

const readyTimeoutMs = 10_000
const retryMs = 1_000

/**
 * Opens a channel and prepares it with `open`, and does so again when the channel, its connection or a queue that it
 * consumes is lost. Throws the error that the first attempt ends with, or one that begins with `what` after 10 s.
 */
export const startKeptChannel = async ({
  connection,
  what,
  open,
  onInterruption,
}: {
  readonly connection: Connection
  readonly what: string
  readonly open: (channel: Channel) => Promise<void>
  readonly onInterruption: (error: unknown) => void
}): Promise<Running> => {
  const stopping = new AbortController()

  const openNext = async (): Promise<Opened> => {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    const { promise: lost, resolve: lose } = Promise.withResolvers<void>()
    channel.once('close', lose)
    channel.on('error', onInterruption)
    channel.once('basic.cancel', (_tag: unknown, error: unknown) => {
      onInterruption(error)
      void channel.close()
    })
    try {
      stopping.signal.throwIfAborted()
      await open(channel)
      stopping.signal.throwIfAborted()
      return { channel, lost }
    } catch (error) {
      await channel.close()
      throw error
    }
  }

  let opened: Opened | undefined = await within(readyTimeoutMs, openNext(), () => {
    stopping.abort()
    throw new Error(`${what} did not start within ${readyTimeoutMs / 1_000} s.`)
  })
  const loop = startLoop({
    everyMs: 0,
    retryMs,
    work: async () => {
      opened ??= await openNext()
      await opened.lost
      opened = undefined
    },
    onError: error => {
      if (!stopping.signal.aborted) onInterruption(error)
    },
  })
  return {
    stop: async () => {
      stopping.abort()
      // n.b. while the broker is away, the loop waits for a connection
      const ended = closeInTime({ close: loop.stop })
      if (opened !== undefined) await closeInTime(opened.channel)
      await ended
    },
  }
}

type Opened = { readonly channel: Channel; readonly lost: Promise<void> }
