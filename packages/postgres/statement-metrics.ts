import { defineSeconds } from '@supergraph/metrics/metrics.ts'

const bounds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

const statementSeconds = defineSeconds({
  name: 'supergraph_database_statement_seconds',
  help: 'Statements that a database was sent, until their rows were there; outcome is ok or error.',
  labels: ['database', 'outcome'],
  bounds,
})

const waitSeconds = defineSeconds({
  name: 'supergraph_database_wait_seconds',
  help: 'Waits for a connection of a pool, those that ended at once included.',
  labels: ['pool'],
  bounds,
})

/** What measures the statements that a database is sent: `send` gives the promise of the rows. */
export const createMeasureStatement = (database: string) => {
  const ok = statementSeconds.of({ database, outcome: 'ok' })
  const failed = statementSeconds.of({ database, outcome: 'error' })
  return (send: () => unknown): unknown => {
    const startedAtMs = performance.now()
    const seconds = () => (performance.now() - startedAtMs) / 1_000
    const sent = send()
    if (sent instanceof Promise)
      sent.then(
        () => ok.observe(seconds()),
        () => failed.observe(seconds()),
      )
    return sent
  }
}

/** What measures how long those wait who want a connection of a pool. */
export const waitsFor = (pool: string) => waitSeconds.of({ pool })
