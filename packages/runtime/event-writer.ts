import type { ServerResponse } from 'node:http'

/** Writes server-sent events as an answer. */
export type EventWriter = ReturnType<typeof createEventWriter>

const beatEveryMs = 12_000

/**
 * Begins the answer. A comment every 12 s tells the client, and the proxies between, that the stream goes on. A client that
 * has read nothing from one such time to the next, while something waited for it, is cut off.
 */
export const createEventWriter = (response: ServerResponse, everyMs = beatEveryMs) => {
  let wake = (): void => undefined
  let unreadBefore: number | undefined
  const beat = (): void => {
    if (response.writableEnded) return
    const unread = response.writableNeedDrain ? response.writableLength : undefined
    if (unread === undefined) response.write(':\n\n')
    else if (unread === unreadBefore) response.destroy()
    unreadBefore = unread
  }
  const timer = setInterval(beat, everyMs)
  response.on('drain', () => wake())
  response.once('close', () => {
    clearInterval(timer)
    wake()
  })

  response.appendHeader('vary', 'Accept')
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // n.b. a proxy that compressed the stream would hold events back
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  response.write(':\n\n')

  /** Resolves when there is room for more, or the client has gone. */
  const write = async (text: string): Promise<void> => {
    if (response.destroyed || response.writableEnded || response.write(text)) return
    await new Promise<void>(resolve => {
      wake = resolve
    })
  }

  return {
    /** Writes the JSON text of a result, with the id of the event if it has one. */
    next: (text: string, id?: string): Promise<void> =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: next\ndata: ${text}\n\n`),
    /** Ends the stream for good. */
    complete: async (): Promise<void> => {
      await write('event: complete\ndata:\n\n')
      response.end()
    },
    /** Ends the answer as if the connection broke, so that the client asks again. */
    breakOff: (): void => void response.end(),
  }
}
