/** Lets a loop sleep until it is woken or its time is up; a wake while it is busy makes the next sleep end at once. */
export const createWakeUp = () => {
  let pending = false
  let end: (() => void) | undefined
  return {
    wake: (): void => {
      pending = true
      end?.()
    },
    wait: (ms: number): Promise<void> =>
      new Promise(resolve => {
        const timer = setTimeout(() => end?.(), ms)
        end = () => {
          clearTimeout(timer)
          end = undefined
          pending = false
          resolve()
        }
        if (pending) end()
      }),
  }
}
