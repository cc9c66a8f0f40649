/** A bounded queue from one producer to one consumer, who reads `events`. */
export type EventStream<T> = {
  readonly events: AsyncIterableIterator<T, undefined>
  /** Gives the consumer one more event; past `maxQueued` waiting ones the stream fails with `tooSlow()`. */
  readonly push: (event: T) => void
  /** Ends the stream after what is queued. */
  readonly end: () => void
  /** Throws at the consumer after what is queued. */
  readonly fail: (error: Error) => void
}

/** Makes a stream; `onClose` runs once, as soon as either side ends it. */
export const createEventStream = <T extends object>({
  maxQueued,
  tooSlow,
  onClose,
}: {
  readonly maxQueued: number
  readonly tooSlow: () => Error
  readonly onClose: () => void
}): EventStream<T> => {
  const queue: T[] = []
  let closed = false
  let failure: Error | undefined
  let wake: () => void = () => undefined

  const close = (error?: Error): void => {
    if (closed) return
    closed = true
    failure = error
    wake()
    onClose()
  }

  const next = async (): Promise<IteratorResult<T, undefined>> => {
    for (;;) {
      const value = queue.shift()
      if (value !== undefined) return { done: false, value }
      if (failure !== undefined) {
        const error = failure
        failure = undefined
        throw error
      }
      if (closed) return { done: true, value: undefined }
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }

  const events: AsyncIterableIterator<T, undefined> = {
    next,
    return: async () => {
      queue.length = 0
      close()
      failure = undefined
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => events,
  }

  return {
    events,
    push: event => {
      if (closed) return
      if (queue.length >= maxQueued) return close(tooSlow())
      queue.push(event)
      wake()
    },
    end: () => close(),
    fail: close,
  }
}

/**
 * Maps each event.
 * n.b. not an async generator: its `return()` would wait behind the pending `next()`, and the source would stay open
 * until its next event.
 */
export const mapEvents = <T, R>(
  events: AsyncIterableIterator<T, undefined>,
  map: (event: T) => Promise<R>,
): AsyncIterableIterator<R, undefined> => {
  let returned = false
  const mapped: AsyncIterableIterator<R, undefined> = {
    next: async () => {
      const { done, value } = await events.next()
      if (done) return { done: true, value: undefined }
      const result = await map(value)
      return returned ? { done: true, value: undefined } : { done: false, value: result }
    },
    return: async () => {
      returned = true
      await events.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => mapped,
  }
  return mapped
}
