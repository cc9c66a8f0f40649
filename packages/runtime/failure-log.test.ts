import { describe, expect, it } from 'vitest'
import { logFailures } from './failure-log.ts'

const failing = (words: string, path: number) => ({ err: new Error(words), details: { path } })

const linesOf = (failures: Parameters<typeof logFailures>[0]) => {
  const lines: unknown[] = []
  logFailures(failures, ({ err, ...rest }) =>
    lines.push({ ...rest, words: err instanceof Error ? err.message : err }),
  )
  return lines
}

describe('what failed in one operation', () => {
  it('is one line for each failure, with its first place and how often it happened', () => {
    const timeouts = Array.from({ length: 69_649 }, (_, path) => failing('timeout exceeded', path))
    expect(linesOf([...timeouts, failing('no such table', 7)])).toEqual([
      { words: 'timeout exceeded', path: 0, times: 69_649 },
      { words: 'no such table', path: 7, times: 1 },
    ])
  })

  it('is ten lines at most', () => {
    const lines = linesOf(Array.from({ length: 500 }, (_, path) => failing(`failure ${path}`, path)))
    expect(lines).toHaveLength(10)
    expect(lines.at(-1)).toEqual({ words: 'failure 9', path: 9, times: 491 })
  })

  it('may be anything that was thrown, and nothing', () => {
    expect(linesOf([{ err: 'text' }, { err: undefined }, { err: 'text' }])).toEqual([
      { words: 'text', times: 2 },
      { words: undefined, times: 1 },
    ])
    expect(linesOf([])).toEqual([])
  })
})
