const stepMs = 50
const perOneMs = 15
const longestMs = 3_000
const answeredWithinMs = 1_000

/**
 * Closes all at an even pace, 15 ms for each and 3 s for all at most, so that those who come back do not come at once. One that
 * still gets an answer is closed when it has it, or a second after the others.
 */
export const closeInTurns = async <T>(
  all: Iterable<T>,
  close: (one: T) => void,
  getsAnswer: (one: T) => boolean = () => false,
): Promise<void> => {
  let waiting = [...all]
  const count = waiting.length
  const spreadMs = Math.min(count * perOneMs, longestMs)
  const startedAtMs = performance.now()
  for (;;) {
    const passedMs = performance.now() - startedAtMs
    const isOver = passedMs >= spreadMs + answeredWithinMs
    const mayStay = passedMs >= spreadMs ? 0 : Math.floor(count * (1 - passedMs / spreadMs))
    let due = waiting.length - mayStay
    waiting = waiting.filter(one => {
      if (due <= 0 || (!isOver && getsAnswer(one))) return true
      due -= 1
      close(one)
      return false
    })
    if (waiting.length === 0) return
    await new Promise(resolve => setTimeout(resolve, stepMs))
  }
}
