import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import type { OperationContext } from '../subgraphs/call.ts'
import { createChanges } from '../subgraphs/changes.ts'
import type { Gone } from '../subgraphs/departure.ts'
import type { Answer } from './answer.ts'
import { createShareRun, type ShareRun } from './shared-runs.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
})

type Plan = Parameters<ShareRun>[0]['plan']
const createPlan = (): Plan => ({
  queryPlan: { kind: 'QueryPlan' },
  compiled: {
    ready: () => async () => ({ data: '{}', errors: [] }),
    maxWriters: 1,
    maxPatterns: 0,
  },
  events: undefined,
  restriction: undefined,
  maxAge: 0,
  fetches: 0,
  subgraphs: [],
  firstSubgraphs: [],
  tell: () => ({ bytes: new Uint8Array() }),
  overrides: '',
  bytes: 0,
})
const plan = createPlan()
const ada = { kind: 'user', id: 'ada', scopes: ['orders:read'], sessionId: 's1' } as const
const answer: Answer = { data: '{"a":1}', errors: [], maxAge: 0, waitedMs: 0 }

/** Shares runs for 50 ms; they end when they are told to. */
const setUp = () => {
  const changes = createChanges()
  const shareRun = createShareRun(50, changes)
  const runs: (PromiseWithResolvers<Answer> & { readonly gone: Gone | undefined })[] = []
  /** What comes of a query, an error as its message. */
  const ask = (context: Partial<OperationContext> = {}, values: object = { id: '1' }, of = plan) =>
    shareRun({ plan: of, values: { ...values } }, { viewer: ada, ...context }, gone => {
      const run = { ...Promise.withResolvers<Answer>(), gone }
      runs.push(run)
      return run.promise
    }).catch((error: Error) => error.message)
  return { changes, ask, runs }
}

it('executes equal queries once while a run is under way, and gives all the same answer', async () => {
  const { ask, runs } = setUp()
  const answers = Promise.all([ask(), ask({ viewer: { ...ada } }), ask()])
  expect(runs).toHaveLength(1)
  runs[0]?.resolve(answer)
  expect(await answers).toEqual([answer, answer, answer])
  void ask()
  expect(runs).toHaveLength(2)
})

it('gives all the same error', async () => {
  const { ask, runs } = setUp()
  const answers = Promise.all([ask(), ask()])
  runs[0]?.reject(new Error('no'))
  expect(await answers).toEqual(['no', 'no'])
})

it.for<readonly [string, Partial<OperationContext>, object?, Plan?]>([
  ['another user', { viewer: { ...ada, id: 'grace' } }],
  ['another session of the user', { viewer: { ...ada, sessionId: 's2' } }],
  ['other scopes', { viewer: { ...ada, scopes: [] } }],
  ['nobody who is known', { viewer: { kind: 'anonymous' } }],
  ['another address', { clientAddress: '192.0.2.1' }],
  ['other values', {}, { id: '2' }],
  ['a value that is null instead of left out', {}, { id: '1', after: null }],
  ['another plan', {}, { id: '1' }, createPlan()],
])('shares no run with %s', ([, context, values, of]) => {
  const { ask, runs } = setUp()
  void ask()
  void ask(context, values, of)
  expect(runs).toHaveLength(2)
})

it('lets nobody join a run that began long ago or before a change, or whose values are large', () => {
  const { changes, ask, runs } = setUp()
  void ask()
  vi.setSystemTime(Date.now() + 51)
  void ask()
  expect(runs).toHaveLength(2)
  changes.happened()
  void ask()
  expect(runs).toHaveLength(3)
  const large = { id: 'x'.repeat(5_000) }
  void ask({}, large)
  void ask({}, large)
  expect(runs).toHaveLength(5)
})

it('goes on while one waits, whoever was first, lets go who has gone, and ends with the last one', async () => {
  const { ask, runs } = setUp()
  const [first, second] = [new AbortController(), new AbortController()]
  const left = ask({ gone: first.signal })
  // n.b. a connection has one signal for all of its operations
  const others = [ask({ gone: second.signal }), ask({ gone: second.signal })]
  first.abort()
  expect(await left).toBe('The client has gone.')
  expect(runs[0]?.gone?.aborted).toBe(false)
  second.abort()
  expect(await Promise.all(others)).toEqual(['The client has gone.', 'The client has gone.'])
  expect(runs[0]?.gone?.aborted).toBe(true)
  void ask()
  expect(runs).toHaveLength(2)
  expect(await ask({ gone: first.signal })).toBe('The client has gone.')
  expect(runs).toHaveLength(2)
})
