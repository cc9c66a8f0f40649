/** How long a core takes for a piece of work, by a clock in milliseconds: about 25, on a slow or busy one over 100. */
export const millisecondsOfWork = (nowMs: () => number = () => performance.now()): number => {
  const startedAtMs = nowMs()
  let sum = 0
  for (let index = 0; index < 20_000_000; index += 1) sum = (sum * 31 + index) | 0
  return sum === 0 ? 0 : nowMs() - startedAtMs
}
