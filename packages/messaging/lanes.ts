/** Runs the tasks of one key one after the other, in the order of the calls. Tasks of different keys don't wait for each other. */
export const createLanes = () => {
  const lastOf = new Map<string, Promise<unknown>>()
  return {
    run: <T>(key: string, task: () => Promise<T>): Promise<T> => {
      const before = lastOf.get(key)
      const running = before === undefined ? task() : before.then(task, task)
      lastOf.set(key, running)
      const leave = () => {
        if (lastOf.get(key) === running) lastOf.delete(key)
      }
      running.then(leave, leave)
      return running
    },
  }
}
