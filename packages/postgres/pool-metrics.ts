import { defineReading } from '@supergraph/metrics/metrics.ts'
import { type Running, together } from '@supergraph/runtime/lifecycle.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'

const connections = defineReading({
  kind: 'level',
  name: 'supergraph_database_connections',
  help: 'Connections of a pool; state is busy or idle.',
  labels: ['pool', 'state'],
})

const waiting = defineReading({
  kind: 'level',
  name: 'supergraph_database_waiting',
  help: 'Statements and transactions that wait for a connection of a pool.',
  labels: ['pool'],
})

const driver = z.object({
  master: z.object({ totalCount: z.number(), idleCount: z.number(), waitingCount: z.number() }),
})

/** Reads how busy the connections of a database are, until stopped. */
export const watchPool = (pool: string, database: DataSource): Running => {
  const read = () => driver.parse(database.driver).master
  const readings = [
    connections.from(() => {
      const { totalCount, idleCount } = read()
      return [
        [{ pool, state: 'busy' }, totalCount - idleCount],
        [{ pool, state: 'idle' }, idleCount],
      ]
    }),
    waiting.from(() => [[{ pool }, read().waitingCount]]),
  ]
  return together(readings)
}
