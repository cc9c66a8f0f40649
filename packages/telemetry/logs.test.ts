import { createLogger } from '@supergraph/runtime/logger.ts'
import { expect, it } from 'vitest'
import { takeLogs } from './logs.ts'

it('keeps from the process what a taker throws, and takes a line whose own time is none', async () => {
  const taken: unknown[] = []
  const take = (text: string) => {
    taken.push(JSON.parse(text))
    throw new Error('it can take no more')
  }
  const taking = takeLogs(take, { resourceTextOf: () => '' })
  createLogger('test', 'info').info({ time: 'soon' }, 'a line of a test')
  await taking.stop()
  expect(JSON.stringify(taken)).toContain('a line of a test')
})
