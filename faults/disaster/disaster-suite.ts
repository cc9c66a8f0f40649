import { startAll } from '@supergraph/runtime/lifecycle.ts'
import type { Suite } from '../scenario.ts'
import { runDrill, startDrill } from './drill.ts'

const scenario = {
  name: 'region-lost',
  guarantee: 'a standby goes on, then a backup of a moment before: no money, no stock, no news is lost',
  sizes: { full: 1, short: 1 },
}

/** Loses databases, restores them to other moments than the rest, and reconciles. */
export const disasterSuite: Suite = {
  scenarios: [scenario],
  start: () =>
    startAll(async use => {
      const drill = use(await startDrill())
      return {
        run: async (name, { advance = () => {} }) => {
          const startedAtMs = Date.now()
          const { problems, measured, agreedAfterMs } = await runDrill(drill)
          advance()
          return {
            ...{ name, size: 1, problems, log: measured },
            durationMs: Date.now() - startedAtMs,
            settledAfterMs: agreedAfterMs,
            figures: [],
            kills: 1,
            violations: problems.filter(problem => problem.startsWith('violations')),
          }
        },
      }
    }),
}
