import { namedUuid, uuidv7 } from '@supergraph/runtime/uuid.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createEndedSessions } from './ended-sessions.ts'

const minuteMs = 60_000
const startMs = Date.parse('2026-01-01T00:00:00Z')
const ada = namedUuid('ada', 0)
const grace = namedUuid('grace', 0)
const viewer = (id: string, sessionId: string) => ({ kind: 'user', id, sessionId, scopes: [] }) as const

it('knows the session that ended, and no other', () => {
  const ended = createEndedSessions(() => startMs)
  const [over, going] = [uuidv7(startMs - 2), uuidv7(startMs - 1)]
  ended.note({ userId: ada, sessionId: over, atMs: startMs })
  expect(ended.has(viewer(ada, over))).toBe(true)
  expect(ended.has(viewer(ada, going))).toBe(false)
  expect(ended.has({ kind: 'anonymous' })).toBe(false)
})

it('knows all sessions of a user that began before they all ended, and none that began after', () => {
  const ended = createEndedSessions(() => startMs)
  ended.note({ userId: ada, sessionId: null, atMs: startMs })
  expect(ended.has(viewer(ada, uuidv7(startMs - 1)))).toBe(true)
  expect(ended.has(viewer(ada, uuidv7(startMs + 1)))).toBe(false)
  expect(ended.has(viewer(grace, uuidv7(startMs - 1)))).toBe(false)
})

it('keeps the later of two ends, whichever it hears of first', () => {
  const ended = createEndedSessions(() => startMs)
  ended.note({ userId: ada, sessionId: null, atMs: startMs })
  ended.note({ userId: ada, sessionId: null, atMs: startMs - 10 })
  expect(ended.has(viewer(ada, uuidv7(startMs - 1)))).toBe(true)
})

it('takes a session with an unknown beginning for one that ended with the others', () => {
  const ended = createEndedSessions(() => startMs)
  ended.note({ userId: ada, sessionId: null, atMs: startMs })
  expect(ended.has(viewer(ada, 'c0ffee00-0000-4000-8000-000000000000'))).toBe(true)
})

it('remembers an end for longer than an access token lives, and forgets it then', () => {
  let nowMs = startMs
  const ended = createEndedSessions(() => nowMs)
  const session = uuidv7(startMs - 1)
  ended.note({ userId: ada, sessionId: session, atMs: startMs })
  nowMs += 10.5 * minuteMs
  ended.note({ userId: grace, sessionId: null, atMs: nowMs })
  expect(ended.has(viewer(ada, session))).toBe(true)
  nowMs += minuteMs
  ended.note({ userId: grace, sessionId: null, atMs: nowMs })
  expect(ended.has(viewer(ada, session))).toBe(false)
})

it('does not forget a session before its token is over because the clock was wrong for a while', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const ended = createEndedSessions()
  const session = uuidv7(startMs - 1)
  ended.note({ userId: ada, sessionId: session, atMs: startMs })
  vi.setSystemTime(Date.now() + 60 * minuteMs)
  ended.note({ userId: grace, sessionId: null, atMs: startMs })
  expect(ended.has(viewer(ada, session))).toBe(true)
})

it('holds at most 100,000 ends and lets the oldest go first', () => {
  const ended = createEndedSessions(() => startMs)
  const sessions = Array.from({ length: 100_001 }, (_, index) => uuidv7(index))
  for (const sessionId of sessions) ended.note({ userId: ada, sessionId, atMs: startMs })
  const known = sessions.map(sessionId => ended.has(viewer(ada, sessionId)))
  expect(known.indexOf(true)).toBe(1)
  expect(known.filter(Boolean)).toHaveLength(100_000)
})
