import { expect, it } from 'vitest'
import { toRouterLine } from './router-log.ts'

it.each([
  [
    { level: 'info', msg: 'ready' },
    { level: 'INFO', message: 'ready' },
  ],
  [
    { level: 'error', msg: 'refused', reason: 'no Query' },
    { level: 'ERROR', message: 'refused: no Query' },
  ],
  [
    { level: 'fatal', msg: 'failed', err: { message: 'gone' } },
    { level: 'ERROR', message: 'failed: gone' },
  ],
])('writes a line of the log as rover reads it: %j', (line, shown) => {
  const text = toRouterLine(JSON.stringify(line))
  expect(text).toMatch(/^.*\n$/)
  expect(JSON.parse(text)).toEqual(shown)
})
