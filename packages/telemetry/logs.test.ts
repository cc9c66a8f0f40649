import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it } from 'vitest'
import { takeLogs } from './logs.ts'
import { readLogsData } from './otlp-reader.ts'

it('keeps from the process what a taker throws, and takes a line whose own time is none', async () => {
  const taken: unknown[] = []
  const take = (body: Buffer) => {
    taken.push(readLogsData(body))
    throw new Error('it can take no more')
  }
  const taking = takeLogs(take, { resourceOf: () => new Uint8Array() })
  createLogger('test', 'info').info({ time: 'soon' }, 'a line of a test')
  await taking.stop()
  expect(JSON.stringify(taken)).toContain('a line of a test')
})
