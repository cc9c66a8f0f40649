/**
 * Lets all calls with equal arguments within one turn of the event loop share one read. The read begins after that turn,
 * so that it sees what any of the callers was woken for. Arguments are compared as JSON.
 */
export const shareReads = <Args extends readonly unknown[], Result>(
  read: (...args: Args) => Promise<Result>,
): ((...args: Args) => Promise<Result>) => {
  const waiting = new Map<string, Promise<Result>>()
  return (...args) => {
    const key = JSON.stringify(args)
    const known = waiting.get(key)
    if (known !== undefined) return known
    const reading = endOfTurn().then(() => {
      waiting.delete(key)
      return read(...args)
    })
    waiting.set(key, reading)
    return reading
  }
}

const endOfTurn = () => new Promise<void>(resolve => setImmediate(resolve))
