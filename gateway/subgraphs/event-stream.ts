/** The room, in bytes, for the events that a client's subscriptions keep together until the client has read them. */
export type Backlog = ReturnType<typeof createBacklog>

/** How much may wait for one client. */
export const maxBacklogBytes = 4 * 1024 * 1024

/** A backlog with room for `maxBytes`. */
export const createBacklog = (maxBytes: number) => {
  let kept = 0
  return {
    /** Takes room; false, and nothing taken, if there is not enough. */
    take: (bytes: number): boolean => {
      if (kept + bytes > maxBytes) return false
      kept += bytes
      return true
    },
    give: (bytes: number): void => {
      kept -= bytes
    },
  }
}

/** A bounded queue from one producer to one consumer, who reads `events`. */
export type EventStream<T> = {
  readonly events: AsyncIterableIterator<T, undefined>
  /** Gives the consumer one more event of so many bytes; past `maxQueued` waiting ones, or a full backlog, the stream fails with `tooSlow()`. */
  readonly push: (event: T, bytes: number) => void
  /** Ends the stream after what is queued. */
  readonly end: () => void
  /** Throws at the consumer after what is queued. */
  readonly fail: (error: Error) => void
}

/** Makes a stream; `onClose` runs once, as soon as either side ends it. */
export const createEventStream = <T extends object>({
  maxQueued,
  backlog,
  tooSlow,
  onClose,
}: {
  readonly maxQueued: number
  readonly backlog: Backlog
  readonly tooSlow: () => Error
  readonly onClose: () => void
}): EventStream<T> => {
  const queue: { readonly event: T; readonly bytes: number }[] = []
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
      const first = queue.shift()
      if (first !== undefined) {
        backlog.give(first.bytes)
        return { done: false, value: first.event }
      }
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
      for (const { bytes } of queue.splice(0)) backlog.give(bytes)
      close()
      failure = undefined
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => events,
  }

  return {
    events,
    push: (event, bytes) => {
      if (closed) return
      if (queue.length >= maxQueued || !backlog.take(bytes)) return close(tooSlow())
      queue.push({ event, bytes })
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
