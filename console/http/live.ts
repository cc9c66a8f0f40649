import type { ServerResponse } from 'node:http'
import { createEventWriter } from '@supergraph/runtime/event-writer.ts'
import type { Running } from '@supergraph/runtime/lifecycle.ts'
import { createSleep } from '@supergraph/runtime/loop.ts'

/** Sends views again and again as they change. */
export type Live = Running & {
  /** Sends what `read` gives now, and each time that it gives something else, until the client goes. */
  readonly send: (
    response: ServerResponse,
    read: () => Promise<unknown>,
    atLeastEveryMs?: number,
  ) => Promise<void>
}

/** Tells listeners that it has something new; what it returns ends that. */
type Source = { readonly onStored: (listener: () => void) => () => void }

const atMostEveryMs = 1_000

/** Reads views anew when something was stored, at most once a second; `stop` ends all streams. */
export const createLive = (sources: readonly Source[]): Live => {
  const open = new Set<() => void>()

  const send: Live['send'] = async (response, read, atLeastEveryMs = 10_000) => {
    let sent = JSON.stringify(await read())
    const writer = createEventWriter(response)
    const sleep = createSleep()
    let isOver = false
    const end = () => {
      isOver = true
      sleep.wake()
    }
    const endings = sources.map(({ onStored }) => onStored(sleep.wake))
    open.add(end)
    response.once('close', end)
    try {
      await writer.next(sent)
      while (!isOver) {
        await sleep.wait(atLeastEveryMs)
        if (isOver) break
        const text = JSON.stringify(await read())
        if (text !== sent) await writer.next(text)
        sent = text
        await pause(atMostEveryMs)
      }
    } finally {
      for (const endListening of endings) endListening()
      open.delete(end)
      writer.breakOff()
    }
  }

  return {
    send,
    stop: async () => {
      for (const end of open) end()
    },
  }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
