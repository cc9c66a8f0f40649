import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until the condition holds, and looks every `pollMs` (20). Throws after `timeoutMs` (30 s) with what was waited
 * for. A condition that throws does not hold yet; its last error is the cause.
 */
export const waitUntil = async (
  what: string,
  condition: () => Promise<boolean>,
  { timeoutMs = 30_000, pollMs = 20 }: { readonly timeoutMs?: number; readonly pollMs?: number } = {},
): Promise<void> => {
  const endsAtMs = Date.now() + timeoutMs
  let cause: unknown
  for (;;) {
    const holds = await condition().catch((error: unknown) => {
      cause = error
      return false
    })
    if (holds) return
    if (Date.now() > endsAtMs) throw new Error(`${what}: not within ${timeoutMs / 1_000} s`, { cause })
    await pause(pollMs)
  }
}

/** Does work 0 to `count` - 1, at most `atOnce` at a time. */
export const inParallel = async (
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> => {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      await work(index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker))
}
