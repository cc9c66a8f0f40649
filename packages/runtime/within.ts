/** The promise's own outcome, or the error from `late` when it takes longer than `ms`; the work itself goes on. */
export const within = <T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
