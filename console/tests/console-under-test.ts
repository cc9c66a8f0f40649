import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import { onTestFinished, vi } from 'vitest'
import { readEnvironment } from '../environment.ts'
import { startConsole } from '../server.ts'
import { writeTraces } from '../traces/otlp.ts'
import type { Span } from '../traces/span.ts'

/** Starts a console on a database of its own, for one test. */
export const openConsole = async (variables: Variables = {}, outboxUrls?: readonly string[]) => {
  const database = await createTestDatabase()
  onTestFinished(database.drop)
  const settings = { LOG_LEVEL: 'silent', PORT: '0', DATABASE_URL: database.url, ...variables }
  const { url, stop } = await startConsole(readEnvironment(settings), { outboxUrls })
  onTestFinished(stop)
  const at = (path: string) => new URL(path, url)
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(at(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const read = async (path: string) => {
    const response = await fetch(at(path), { headers: { accept: 'application/json' } })
    // n.b. each test states the shape that it expects by reading it
    return { status: response.status, data: JSON.parse(await response.text()) }
  }
  return {
    url,
    databaseUrl: database.url,
    stop,
    at,
    post,
    read,
    /** Sends spans as a process elsewhere does, and waits until they are stored. */
    send: async (spans: readonly Span[]) => {
      const { data } = await read('/requests')
      await post('/v1/traces', writeTraces(spans))
      await vi.waitFor(
        async () => {
          const { counts } = (await read('/requests')).data
          if (counts.stored < data.counts.stored + spans.length) throw new Error('not stored yet')
        },
        { timeout: 30_000, interval: 50 },
      )
    },
  }
}
