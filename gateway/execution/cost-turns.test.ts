import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { OperationContext } from '../subgraphs/call.ts'
import { createCostTurns } from './cost-turns.ts'

const user = (id: string): OperationContext => ({ viewer: { kind: 'user', id, scopes: [], sessionId: id } })
const stranger = (clientAddress: string): OperationContext => ({
  viewer: { kind: 'anonymous' },
  clientAddress,
})

/** Turns of 1,000 and the tasks that have begun; `end` ends one of them. */
const createTurns = () => {
  const turns = createCostTurns(1_000)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const start = (name: string, cost: number, caller: OperationContext, here = cost) =>
    turns.run({ whole: cost, here }, caller, () => {
      begun.push(name)
      return new Promise<void>(resolve => ends.set(name, resolve))
    })
  const end = async (name: string) => {
    ends.get(name)?.()
    await setImmediate()
  }
  return { begun, start, end }
}

describe('costly operations', () => {
  it('of one client wait while what is under way costs as much as one operation may', async () => {
    const { begun, start, end } = createTurns()
    for (const name of ['a', 'b', 'c']) void start(name, 500, user('ada'))
    await setImmediate()
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  it('that several clients wait for wait for no costly ones of the client that was first', async () => {
    const { begun, start } = createTurns()
    for (const name of ['a', 'b']) void start(name, 600, stranger('192.0.2.1'))
    void start('own', 600, stranger('192.0.2.1'))
    void start('shared', 600, { ...stranger('192.0.2.1'), isShared: true })
    await setImmediate()
    expect(begun).toEqual(['a', 'shared'])
  })

  it('never make a cheap one wait, nor another client', async () => {
    const { begun, start } = createTurns()
    for (const name of ['a', 'b']) void start(name, 1_000, user('ada'))
    void start('page', 100, user('ada'))
    void start('grace', 1_000, user('grace'))
    void start('stranger', 1_000, stranger('192.0.2.1'))
    await setImmediate()
    expect(begun.toSorted()).toEqual(['a', 'grace', 'page', 'stranger'])
  })

  it('of strangers are counted by network', async () => {
    const { begun, start } = createTurns()
    void start('a', 1_000, stranger('2001:db8::1'))
    void start('neighbour', 1_000, stranger('2001:db8::2'))
    void start('other', 1_000, stranger('2001:db9::1'))
    await setImmediate()
    expect(begun).toEqual(['a', 'other'])
  })

  it('of all clients together are bounded, and clients take turns', async () => {
    const { begun, start, end } = createTurns()
    for (let number = 0; number < 8; number += 1) void start(`${number}`, 1_000, user(`${number}`))
    for (const name of ['ada 1', 'ada 2']) void start(name, 1_000, user('ada'))
    void start('grace', 200, user('grace'))
    await setImmediate()
    expect(begun).toHaveLength(8)
    await end('0')
    expect(begun.slice(8)).toEqual(['ada 1'])
    await end('1')
    expect(begun.slice(9)).toEqual(['grace'])
    await end('ada 1')
    expect(begun.slice(10)).toEqual(['ada 2'])
  })

  it('wait for their own client alone if the work is that of a service, past those of other clients', async () => {
    const { begun, start, end } = createTurns()
    for (let number = 0; number < 8; number += 1) void start(`${number}`, 1_000, user(`${number}`))
    void start('next', 1_000, user('next'))
    for (const name of ['sign-in 1', 'sign-in 2']) void start(name, 1_000, stranger('192.0.2.1'), 20)
    await setImmediate()
    expect(begun.slice(8)).toEqual(['sign-in 1'])
    await end('sign-in 1')
    expect(begun.slice(9)).toEqual(['sign-in 2'])
    await end('sign-in 2')
    await end('0')
    expect(begun.slice(10)).toEqual(['next'])
  })

  it('are not begun once their client has gone, and leave their turn to the next', async () => {
    const { begun, start, end } = createTurns()
    const gone = new AbortController()
    void start('a', 1_000, user('ada'))
    const given = start('b', 1_000, { ...user('ada'), gone: gone.signal })
    void start('c', 1_000, user('ada'))
    await setImmediate()
    gone.abort()
    await Promise.all([end('a'), expect(given).rejects.toThrow('gone')])
    expect(begun).toEqual(['a', 'c'])
  })

  it('give their turn to the next when they fail, and are refused once 1,000 of one client wait', async () => {
    const turns = createCostTurns(1_000)
    const fail = () =>
      turns.run({ whole: 1_000, here: 1_000 }, user('ada'), () => Promise.reject(new Error('failed')))
    const outcomes = await Promise.allSettled(Array.from({ length: 1_002 }, fail))
    const isFailed = (outcome: PromiseSettledResult<never>) =>
      outcome.status === 'rejected' && outcome.reason.message === 'failed'
    expect(outcomes.filter(isFailed)).toHaveLength(1_001)
    const extensions = { code: 'TOO_MANY_OPERATIONS', http: { status: 429 } }
    expect(outcomes.at(-1)).toMatchObject({ reason: { extensions } })
  })
})
