/** Runs at most `size` tasks at a time, the others in the order of the calls. */
export const createSlots = (size: number) => {
  const waiting: (() => void)[] = []
  const running = new Set<Promise<unknown>>()
  let taken = 0

  const enter = async () => {
    if (taken < size) {
      taken += 1
      return
    }
    await new Promise<void>(resolve => waiting.push(resolve))
  }
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) taken -= 1
    else next()
  }
  const work = async <T>(task: () => T): Promise<Awaited<T>> => {
    await enter()
    try {
      return await task()
    } finally {
      leave()
    }
  }

  return {
    run: <T>(task: () => T): Promise<Awaited<T>> => {
      const result = work(task)
      running.add(result)
      result.catch(() => undefined).finally(() => running.delete(result))
      return result
    },
    /** Resolves once nothing runs or waits. */
    idle: async (): Promise<void> => {
      await Promise.allSettled(running)
    },
  }
}
