import type { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'

/** Lowers a limit of the clock of this process to 32, with so many under way then. */
export const fill = (load: LoadLimit, goal: number): void => {
  while (load.underWay < 200) load.enter()
  const nowMs = performance.now()
  for (let round = 30; round > 0; round -= 1) {
    const beganAtMs = nowMs - 200 * round
    for (let count = 0; count < 10; count += 1) load.waited(900, beganAtMs, beganAtMs + 100)
  }
  while (load.underWay > goal) load.leave()
}
